/**
 * A version 2 control group: programs of the kernel's decide, LXC's for what lxc.cgroup2.devices says. A device is allowed by putting a permission before
 * each of them, and revoked by taking that away again; without a program everything is allowed.
 */
import { closeSync, constants, openSync } from 'node:fs';
import { devicePrograms, instructionsOf, loadDeviceProgram, openProgram, replaceDeviceProgram } from '@pv/pv-native/bpf';
import { errorCode, isExhausted } from '@pv/pv-native/errors';
import { closeFd } from '@pv/pv-native/fd';
import { type Allowed, type DeviceGroup, Unchangeable } from './device-group.ts';
import { type Permitting, putTogether, takeApart } from './device-program.ts';

export class GroupWithPrograms implements DeviceGroup {
  readonly directory: string;

  constructor(directory: string) {
    this.directory = directory;
  }

  allowed(number: string): Allowed {
    const permitted: boolean[] = [];
    this.#each((old) => {
      permitted.push(old.permitted.includes(number));
      return old;
    });
    if (permitted.length === 0) return 'covered';
    return permitted.every((is) => is) ? 'ours' : 'absent';
  }

  allow(number: string): void {
    try {
      this.#each((old) => (old.permitted.includes(number) ? old : { ...old, permitted: [...old.permitted, number] }));
    } catch (error) {
      this.#takeBack(number);
      throw error;
    }
  }

  revoke(number: string): void {
    try {
      this.#each((old) => (old.permitted.includes(number) ? { ...old, permitted: old.permitted.filter((one) => one !== number) } : old));
    } catch (error) {
      // The group has gone with its container.
      if (errorCode(error) !== 'ENOENT' && errorCode(error) !== 'ENODEV') throw error;
    }
  }

  /** From those programs that could be changed, when another could not. */
  #takeBack(number: string): void {
    try {
      this.revoke(number);
    } catch {
      // What could not be changed before.
    }
  }

  /** A program that `change` gives back as another one is replaced. */
  #each(change: (old: Permitting) => Permitting): void {
    const group = openSync(this.directory, constants.O_RDONLY | constants.O_DIRECTORY);
    try {
      const { ids, flags } = programsOf(group);
      const [failure] = ids.flatMap((id) => attempted(() => changeProgram(group, id, flags, change)));
      if (failure !== undefined) throw failure;
    } finally {
      closeSync(group);
    }
  }
}

/** All are tried; the first failure counts. */
function attempted(work: () => void): (Error | Unchangeable)[] {
  try {
    work();
    return [];
  } catch (error) {
    // A program of somebody else may come and go at any moment.
    if (errorCode(error) === 'ENOENT') return [];
    // A kernel before 5.1 has no 32-bit jumps, a program may refer to what cannot be loaded again. Want of descriptors passes.
    return [isExhausted(error) && error instanceof Error ? error : new Unchangeable(error)];
  }
}

/** A kernel without device programs has none. */
function programsOf(group: number): ReturnType<typeof devicePrograms> {
  try {
    return devicePrograms(group);
  } catch (error) {
    if (errorCode(error) === 'EINVAL' || errorCode(error) === 'ENOSYS') return { ids: [], flags: 0 };
    throw error;
  }
}

function changeProgram(group: number, id: number, flags: number, change: (old: Permitting) => Permitting): void {
  const oldFd = openProgram(id);
  try {
    const old = takeApart(instructionsOf(oldFd));
    const wanted = change(old);
    if (wanted === old) return;
    const newFd = loadDeviceProgram(putTogether(wanted));
    try {
      replaceDeviceProgram(group, oldFd, newFd, flags);
    } finally {
      closeFd(newFd);
    }
  } finally {
    closeFd(oldFd);
  }
}
