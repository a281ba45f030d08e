/**
 * The bus's own user database, in the form of /etc/passwd: a bus closes the connection of a user that it does not find,
 * and knows users of its policy by name. Only who may be on the bus is in it, nobody of the host but root.
 */
import type { Role } from '@pv/contract/names';
import type { RoleUids } from '@pv/state/bus-uids';

/** Whom the bus runs as. */
export const busUser = 'pv-dbus';

export function roleUser(role: Role): string {
  return `pv-dbus-${role}`;
}

/** Every role that ever had an id: one that no rule names gets an answer, too. `busUid`: the bus's own. */
export function passwdText(uids: RoleUids, busUid: number): string {
  const users: [string, number][] = [['root', 0], [busUser, busUid], ...[...uids].map(([role, uid]): [string, number] => [roleUser(role), uid])];
  return users.map(([name, id]) => `${name}:x:${id}:${id}::/nonexistent:/sbin/nologin\n`).join('');
}
