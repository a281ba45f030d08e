/**
 * The listening sockets of pv-ctrl: one for the host, one per container. pv-core holds them, so a respawn of pv-ctrl
 * loses no connection. They are made beside their name and renamed over it, so the name never points to nothing.
 */
import { closeSync, constants, openSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { hostName } from '@pv/contract/grammar';
import { listenUnix } from '@pv/pv-native/socket';
import type { Places } from '@pv/runtime/places';
import type { Revision } from '@pv/state/model';

export interface Door {
  readonly caller: string;
  readonly mgmt: boolean;
  readonly path: string;
}

export function doorsOf(revision: Revision, places: Places): Door[] {
  const host: Door = { caller: hostName, mgmt: true, path: places.ctrlSocket };
  return [host, ...revision.containers.map(({ name, mgmt }) => ({ caller: name, mgmt, path: places.container(name).ctrlSocket }))];
}

export class DoorSockets {
  readonly doors: readonly Door[];
  #fds: readonly number[] | undefined;

  constructor(doors: readonly Door[]) {
    this.doors = doors;
  }

  /** PV_CTRL_LISTEN: the doors in the order of `open`, from descriptor 3 on. */
  get description(): string {
    return JSON.stringify(this.doors.map(({ caller, mgmt }, index) => ({ fd: index + 3, caller, mgmt })));
  }

  /** Made at the first spawn by this pv-core: an adopted pv-ctrl has its own. */
  open(): readonly number[] {
    this.#fds ??= this.doors.map(({ path }) => listenAt(path));
    return this.#fds;
  }
}

/** Through its directory's descriptor: with a long name of a container the path is longer than the address of a socket may be. */
function listenAt(path: string): number {
  const directory = openSync(dirname(path), constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    const fresh = `/proc/self/fd/${directory}/${basename(path)}.new`;
    rmSync(fresh, { force: true });
    const fd = listenUnix(fresh, { mode: 0o660, backlog: 128 });
    renameSync(fresh, path);
    return fd;
  } finally {
    closeSync(directory);
  }
}
