/**
 * A container's volumes on the host: images through read-only loop devices, writable ones as tmpfs or bind mounts
 * (spec state-engine 1.6, 6.3). Mounting twice is the same as once; unmounting leaves nothing. Every path is ours.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ContainerName, RevisionName } from '@pv/contract/names';
import { mountImage } from '@pv/pv-native/loop';
import { mount, mountFlags, unmount, unmountFlags } from '@pv/pv-native/mount';
import type { Places } from '@pv/runtime/places';
import type { ContainerModel, Volume } from '@pv/state/model';

/** The writable layer of the root file system. Without a declaration it lasts until the container stops. */
export const overlayVolume: Volume = { name: 'lxc-overlay', kind: 'boot' };

export interface Volumes {
  /** Throws with the volume's name in the message. Mounts nothing that is mounted already. */
  mountAll(container: ContainerModel): void;
  /** Everything below the container's volume directory, whether it was mounted by us or by one before us. */
  unmountAll(container: ContainerName): void;
}

export function createVolumes(places: Places, revision: RevisionName): Volumes {
  return {
    mountAll(container) {
      const mounted = new Set(mountsBelow(places.container(container.name).volumes));
      for (const volume of volumesOf(container)) {
        const target = join(places.container(container.name).volumes, volume.name);
        if (!mounted.has(target)) mountOne(volume, target, container.name, places, revision);
      }
    },
    unmountAll(name) {
      const parent = places.container(name).volumes;
      for (const target of mountsBelow(parent).reverse()) unmountOne(target);
      removeEmpty(parent);
    },
  };
}

export function volumesOf({ type, volumes }: ContainerModel): readonly Volume[] {
  return type === null || volumes.some(({ name }) => name === overlayVolume.name) ? volumes : [...volumes, overlayVolume];
}

function mountOne(volume: Volume, target: string, container: ContainerName, places: Places, revision: RevisionName): void {
  try {
    mkdirSync(target, { recursive: true, mode: 0o755 });
    switch (volume.kind) {
      case 'image':
        return mountImage(join(places.trail(revision), container, volume.name), target, volume.fsType ?? 'squashfs');
      case 'boot':
        return mount('tmpfs', target, 'tmpfs', mountFlags.NODEV, 'mode=0755,size=25%');
      case 'permanent':
        return bind(join(places.storage, 'disks', 'perm', container, volume.name), target);
      case 'revision':
        return bind(join(places.storage, 'disks', 'rev', revision, container, volume.name), target);
    }
  } catch (cause) {
    throw new Error(`volume ${volume.name} could not be mounted: ${(cause as Error).message}`, { cause });
  }
}

function bind(source: string, target: string): void {
  mkdirSync(source, { recursive: true, mode: 0o755 });
  mount(source, target, null, mountFlags.BIND);
}

/** A volume in use still (a process of the host looks into it) is detached: it goes when its last user goes. */
function unmountOne(target: string): void {
  try {
    unmount(target, unmountFlags.NOFOLLOW);
  } catch {
    unmount(target, unmountFlags.NOFOLLOW | unmountFlags.DETACH);
  }
}

/** Mount points and their parent. Never what is in them: a mount that stayed may be somebody's data. */
export function removeEmpty(parent: string): void {
  const names = existsSync(parent) ? readdirSync(parent) : [];
  for (const directory of [...names.map((name) => join(parent, name)), ...(existsSync(parent) ? [parent] : [])]) {
    try {
      rmdirSync(directory);
    } catch (error) {
      if (!['ENOTEMPTY', 'EBUSY', 'ENOENT', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
  }
}

/** Mount points below a directory, in mount order; field 5 of mountinfo, with its octal escapes undone. */
function mountsBelow(directory: string): string[] {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => (line.split(' ')[4] ?? '').replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8))))
    .filter((target) => target.startsWith(`${directory}/`));
}
