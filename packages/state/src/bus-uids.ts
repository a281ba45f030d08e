/**
 * User ids of roles on the hosted system bus: a flat object role -> number (spec xconnect 5.1). Once given, an id is
 * never given to another role. Pure: the file is its caller's.
 */
import { Role } from '@pv/contract/names';
import { parseJson } from './json.ts';
import { Findings, problemText } from './problem.ts';

export type RoleUids = ReadonlyMap<Role, number>;

const firstUid = 90_000;
const lastUid = 2_147_483_647;

export type ReadUids = { readonly kind: 'ok'; readonly uids: RoleUids } | { readonly kind: 'corrupt'; readonly reason: string };

/** An id that two roles have is a defect too: they would be one user. */
export function readRoleUids(text: string): ReadUids {
  const findings = new Findings();
  const value = parseJson('roles', text, findings);
  if (value === undefined) return { kind: 'corrupt', reason: findings.problems.map(problemText).join(', ') };
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { kind: 'corrupt', reason: 'it is not an object' };
  const entries = Object.entries(value);
  const odd = entries.find(([role, uid]) => !Role.safeParse(role).success || !isUid(uid));
  if (odd !== undefined) return { kind: 'corrupt', reason: `${JSON.stringify(odd[0])} is not a role with a number from ${firstUid} on` };
  const uids = new Map(entries as [Role, number][]);
  return new Set(uids.values()).size === uids.size ? { kind: 'ok', uids } : { kind: 'corrupt', reason: 'two roles have the same number' };
}

function isUid(value: unknown): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= firstUid && value <= lastUid;
}

/** The same map when every role has an id already. Throws when there are none left. */
export function allocateUids(known: RoleUids, roles: readonly Role[]): RoleUids {
  const fresh = roles.filter((role) => !known.has(role));
  if (fresh.length === 0) return known;
  const next = Math.max(firstUid - 1, ...known.values()) + 1;
  if (next + fresh.length - 1 > lastUid) throw new Error('no user ids are left for roles of the hosted system bus');
  return new Map([...known, ...fresh.map((role, index) => [role, next + index] as const)]);
}

export function roleUidsText(uids: RoleUids): string {
  return `${JSON.stringify(Object.fromEntries(uids), null, 2)}\n`;
}
