/**
 * Who may do what on the hosted bus, from `owns` and `allow` (spec xconnect 5.1), on top of a base that denies. Pure.
 *
 * Guaranteed: only the owner's role can own a name; only an allowed role can call it; only its owner's signals arrive,
 * and only at allowed roles; an owner can call back whom it allows. The language knows connections by the names they
 * hold, so three things follow: who may call one name of a connection may call all of that connection; an owner cannot
 * call back a connection that owns names closed to it; and an owner's call may reach a connection of another owner's
 * role that holds no name.
 */
import type { Role } from '@pv/contract/names';
import type { ContainerModel, OwnedName } from '@pv/state/model';
import { roleUser } from './user-database.ts';
import { busConfigFile, element } from './xml.ts';

export function policyText(containers: readonly ContainerModel[]): string {
  const owned = containers.flatMap(({ owns }) => owns);
  const roles = [...new Set(owned.flatMap(({ role, allow }) => [role, ...allow]))].filter((role) => role !== 'any');
  const open = owned.filter(({ allow }) => allow.includes('any' as Role));
  return busConfigFile([
    ...(open.length === 0 ? [] : [element('policy', { context: 'default' }, open.flatMap(callerRules))]),
    ...roles.map((role) => element('policy', { user: roleUser(role) }, roleRules(role, owned))),
  ]);
}

/** The last rule that fits counts. */
function roleRules(role: Role, owned: readonly OwnedName[]): string[] {
  const own = owned.filter((name) => name.role === role);
  const called = owned.filter(({ allow }) => allow.includes(role));
  return [...(own.length === 0 ? [] : ownerRules(role, own, owned)), ...own.flatMap(callerRules), ...called.flatMap(callerRules)];
}

function ownerRules(role: Role, own: readonly OwnedName[], owned: readonly OwnedName[]): string[] {
  const closed = owned.filter((name) => name.role !== role && !name.allow.some((allowed) => allowed === role || allowed === 'any'));
  // Callers have no name that a rule could tell; they take calls only from names that they may call. A rule that denies
  // leaves out what has the serial of a call that waits for its reply, be it a call, unless it says so.
  const callBack = own.some(({ allow }) => allow.length > 0)
    ? [element('allow', { send_type: 'method_call' }), ...closed.map(({ name }) => element('deny', { send_destination: name, send_type: 'method_call', send_requested_reply: 'true' }))]
    : [];
  return [
    ...own.map(({ name }) => element('allow', { own: name })),
    ...callBack,
    element('allow', { send_type: 'signal' }),
    element('allow', { receive_type: 'method_call' }),
  ];
}

function callerRules({ name }: OwnedName): string[] {
  return [
    element('allow', { send_destination: name, send_type: 'method_call' }),
    element('allow', { receive_sender: name, receive_type: 'method_call' }),
    element('allow', { receive_sender: name, receive_type: 'signal' }),
  ];
}
