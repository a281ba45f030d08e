/**
 * What becomes of a call or signal of a consumer. Pure: the header, the level of names, and, where a verdict asks for
 * it with `read`, the first string of the body. The handling of the bus's own methods is xdg-dbus-proxy's; a method
 * that is not listed is refused.
 */
import { busName, type BodyValue } from '@pv/dbus-wire/build';
import { messageFlag, messageType, type Header } from '@pv/dbus-wire/header';
import { level, type Level, type Policy } from './policy.ts';

/** Given in place of the addressee's reply. */
export type Answer = { readonly error: string; readonly text: string } | { readonly values: readonly BodyValue[] };

/** How the reply is to be handled. */
export type Expect = 'plain' | 'hello' | 'names';

export type Verdict =
  | { readonly kind: 'pass'; readonly expect: Expect }
  | { readonly kind: 'read' }
  /** `needs`: the rule that would allow it; undefined: none does. */
  | { readonly kind: 'refuse'; readonly needs: string | undefined; readonly answer: Answer };

type BusMethod = Expect | 'match' | 'has-owner' | 'owner' | 'see' | 'talk' | 'own';

const busMethods: ReadonlyMap<string, BusMethod> = new Map<string, BusMethod>([
  ['Hello', 'hello'], ['RemoveMatch', 'plain'], ['GetId', 'plain'], ['AddMatch', 'match'],
  ['ListNames', 'names'], ['ListActivatableNames', 'names'], ['NameHasOwner', 'has-owner'], ['GetNameOwner', 'owner'],
  ['GetConnectionUnixProcessID', 'see'], ['GetConnectionUnixUser', 'see'], ['GetConnectionCredentials', 'see'],
  ['GetAdtAuditSessionData', 'see'], ['GetConnectionSELinuxSecurityContext', 'see'],
  ['StartServiceByName', 'talk'], ['RequestName', 'own'], ['ReleaseName', 'own'], ['ListQueuedOwners', 'own'],
]);

const harmless = ['org.freedesktop.DBus.Introspectable.Introspect', 'org.freedesktop.DBus.Peer.Ping'];

const pass: Verdict = { kind: 'pass', expect: 'plain' };

export function judge(header: Header, policy: Policy, argument?: string): Verdict {
  const { destination } = header;
  if (destination === undefined) return header.type === messageType.signal ? pass : refuse(undefined, denied('a call without a destination'));
  if (destination === busName) return header.type === messageType.signal ? refuse(undefined, denied('a signal to the bus')) : judgeBusCall(header, policy, argument);
  const granted = policy.levelOf(destination);
  if (granted >= level.talk) return pass;
  const needs = rule(level.talk, destination, policy);
  return refuse(needs, granted === level.none ? hidden(destination, header.flags) : denied(`it needs ${needs}`));
}

function judgeBusCall(header: Header, policy: Policy, argument: string | undefined): Verdict {
  const { interface: iface, member = '' } = header;
  if (harmless.includes(`${iface}.${member}`)) return pass;
  const method = iface === undefined || iface === busName ? busMethods.get(member) : undefined;
  if (method === undefined) return refuse(undefined, denied(`${member} is not for consumers of the mesh`));
  if (method === 'plain' || method === 'hello' || method === 'names') return { kind: 'pass', expect: method };
  if (argument === undefined) return header.signature?.startsWith('s') === true ? { kind: 'read' } : refuse(undefined, { error: `${errors}InvalidArgs`, text: 'the first argument must be a string' });
  return method === 'match' ? judgeMatch(argument) : judgeName(method, header, policy, argument);
}

/** An eavesdropper sees what is addressed to others. Whatever else holds that word costs its sender this one rule. */
function judgeMatch(text: string): Verdict {
  return text.includes('eavesdrop') ? refuse(undefined, denied('match rules that eavesdrop are not for consumers of the mesh')) : pass;
}

function judgeName(method: 'has-owner' | 'owner' | 'see' | 'talk' | 'own', header: Header, policy: Policy, name: string): Verdict {
  const wanted = method === 'own' || method === 'talk' ? level[method] : level.see;
  const granted = policy.levelOf(name);
  if (granted >= wanted) return pass;
  const needs = rule(wanted, name, policy);
  if (method === 'has-owner') return refuse(needs, { values: [false] });
  // Whether a name that one asks to own is there is no secret: the bus would not give it either.
  if (granted !== level.none || header.member === 'RequestName') return refuse(needs, denied(`it needs ${needs}`));
  return refuse(needs, { error: `${errors}NameHasNoOwner`, text: `Could not get owner of name '${name}': no such name` });
}

const errors = 'org.freedesktop.DBus.Error.';

/** As the bus itself answers when nobody has that name. */
function hidden(name: string, flags: number): Answer {
  if (name.startsWith(':') || (flags & messageFlag.noAutoStart) !== 0) return { error: `${errors}NameHasNoOwner`, text: `Name "${name}" does not exist` };
  return { error: `${errors}ServiceUnknown`, text: `The name ${name} was not provided by any .service files` };
}

function denied(why: string): Answer {
  return { error: `${errors}AccessDenied`, text: `Refused by pv-xconnect: ${why}` };
}

function refuse(needs: string | undefined, answer: Answer): Verdict {
  return { kind: 'refuse', needs, answer };
}

function rule(wanted: Level, name: string, policy: Policy): string {
  const verb = wanted === level.own ? 'own' : wanted === level.talk ? 'talk' : 'see';
  return `${verb} ${name.startsWith(':') ? (policy.nameOf(name) ?? `a name of ${name}`) : name}`;
}

/** For a log line. */
export function describe({ type, destination, path, interface: iface, member }: Header): string {
  const what = type === messageType.signal ? 'signal' : 'call';
  return `${what} ${iface === undefined ? '' : `${iface}.`}${member} of ${destination ?? 'nobody'} at ${path}`;
}
