/** What a role means to a provider, by the text of its passwd. Pure. */

export interface Identity {
  readonly uid: number;
  readonly gid: number;
  /** Neither a user of the provider nor a number that may be one. */
  readonly unknown: boolean;
}

export const nobody: Identity = { uid: 65_534, gid: 65_534, unknown: true };
const maxId = 2 ** 31 - 1;

/** A name is the whole first field; a number is canonical decimal, and `0` only where the provider lists it. */
export function resolveRole(role: string, passwd: string, numericRoot: boolean): Identity {
  const users = passwd.split('\n').flatMap(readUser);
  if (!/^[0-9]/.test(role)) return known(users.find(({ name }) => name === role));
  const uid = readId(role);
  if (uid === undefined || (uid === 0 && !numericRoot)) return nobody;
  return { uid, gid: users.find((user) => user.uid === uid)?.gid ?? nobody.gid, unknown: false };
}

interface User {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

function readUser(line: string): User[] {
  const [name = '', , third = '', fourth = ''] = line.split(':');
  const [uid, gid] = [readId(third), readId(fourth)];
  return name === '' || uid === undefined || gid === undefined ? [] : [{ name, uid, gid }];
}

function known(user: User | undefined): Identity {
  return user === undefined ? nobody : { uid: user.uid, gid: user.gid, unknown: false };
}

function readId(text: string): number | undefined {
  const id = /^(?:0|[1-9][0-9]{0,9})$/.test(text) ? Number(text) : undefined;
  return id === undefined || id > maxId ? undefined : id;
}

/** `map`: the text of /proc/<pid>/uid_map or gid_map; undefined: not in it. */
export function outsideId(map: string, inside: number): number | undefined {
  for (const line of map.split('\n')) {
    const [from, to, count] = line.trim().split(/\s+/).map(Number);
    if (from !== undefined && to !== undefined && count !== undefined && inside >= from && inside < from + count) return to + (inside - from);
  }
  return undefined;
}
