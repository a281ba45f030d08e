/** The file that keeps the user ids of roles over boots and revisions. It is written only when a state is accepted. */
import { mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { readRoleUids, type RoleUids, roleUidsText } from '@pv/state/bus-uids';
import { writeFileAtomic } from '@pv/storage/atomic';

export type StoredUids = { readonly kind: 'ok'; readonly uids: RoleUids } | { readonly kind: 'unusable'; readonly problem: string };

/** A file that is not there yet is an empty one; a corrupt one is never overwritten. */
export function loadUids(path: string): StoredUids {
  try {
    const read = readRoleUids(readFileSync(path, 'utf8'));
    return read.kind === 'ok' ? read : { kind: 'unusable', problem: `${path}: is corrupt: ${read.reason}; ${next}` };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' ? { kind: 'ok', uids: new Map() } : { kind: 'unusable', problem: `${path}: cannot be read: ${message}; ${next}` };
  }
}

const next = 'put back a copy, or remove it and restart the device: roles then get new user ids on the hosted system bus, and nothing else depends on them';

export function saveUids(path: string, uids: RoleUids): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  writeFileAtomic(path, roleUidsText(uids), 0o600);
}
