/**
 * The `dbus` type: a bus of the provider, offered in the consumer. To the bus each connection is the role's own user,
 * by the kernel's word: it is connected under that user's ids. So the bus's own policy decides what a role may do;
 * `interface` and `allow` narrow that further. Who the role is is read once per process of the provider.
 */
import { hostName } from '@pv/contract/grammar';
import type { GraphLink } from '../../graph/parse.ts';
import type { Pin } from '../../links/pin.ts';
import type { PluginContext } from '../plugin.ts';
import { socketPlugin, type Route } from '../socket-link.ts';
import { dbusFilterKind } from './filter.ts';
import { identify, type BusIdentity } from './identity.ts';
import type { DbusSpec } from './policy.ts';

export const dbusPlugin = socketPlugin({
  type: 'dbus',
  fromHost: true,
  injecting: ({ target }, { pid }) => `pvx-dbus: Injecting socket ${target} into pid ${pid}`,
  accepted: ({ name }, { pid }) => `pvx-dbus: Accepted connection for service ${name} from pid ${pid}`,
  route: (link, provider, context) => {
    const { uid, host } = link.provider === hostName ? hostedIdentity(link) : providedIdentity(link, provider, context);
    context.lines.out(`pvx-dbus: Masquerading D-Bus identity as role '${link.role}' (UID ${uid}) for service ${link.name}`);
    return { connectAs: host, filter: { kind: dbusFilterKind, spec: dbusSpec(link, uid) } } satisfies Route;
  },
});

type UserOnBus = Pick<BusIdentity, 'uid' | 'host'>;

const nobody = 65_534;

/** The hosted bus: its users are made for the roles, and their groups have the same numbers. */
function hostedIdentity({ uid = nobody }: GraphLink): UserOnBus {
  return { uid, host: { uid, gid: uid } };
}

function providedIdentity({ role, roles = [], provider: name }: GraphLink, provider: Pin, { lines }: PluginContext): UserOnBus {
  const identity = identify(role, provider, { numericRoot: roles.includes('0') });
  if (identity.unknown) lines.out(`pvx-dbus: Role '${role}' not found in provider, using UID ${nobody} (nobody)`);
  if (identity.uid === 0 && role !== 'root') lines.err(`pvx-dbus: ${name} makes its role '${role}' root on its bus`);
  return identity;
}

/** `interface` is a D-Bus name, or says nothing to us: the type, or the target's path. */
export function dbusSpec({ interface: named, role, allow, learn }: GraphLink, uid: number): DbusSpec {
  return {
    uid,
    ...(isBusName(named) ? { interface: named } : {}),
    ...(allow === undefined ? {} : { allow: allow.filter(({ roles }) => roles === undefined || roles.some((one) => one === role || one === 'any')) }),
    ...(learn === true ? { learn } : {}),
  };
}

function isBusName(text: string): boolean {
  return text.length <= 255 && /^[A-Za-z_-][A-Za-z0-9_-]*(?:\.[A-Za-z_-][A-Za-z0-9_-]*)+$/.test(text);
}
