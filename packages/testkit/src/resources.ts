/** What can be left behind, as sets of lines, and the difference of two such sets. Pure but for `loopDevices`. */
import { execFileSync } from 'node:child_process';

/** Kind of resource -> one line per thing that is there. */
export type Resources = Readonly<Record<string, readonly string[]>>;

/** What is in `after` and not in `before`, as `<kind>: <line>`. A line that was there once and is now there twice counts. */
export function difference(before: Resources, after: Resources): string[] {
  return Object.entries(after).flatMap(([kind, lines]) => {
    const known = [...(before[kind] ?? [])];
    const added = lines.filter((line) => {
      const at = known.indexOf(line);
      if (at >= 0) known.splice(at, 1);
      return at < 0;
    });
    return added.map((line) => `${kind}: ${line}`);
  });
}

export interface Mount {
  /** major:minor of the file system. */
  readonly device: string;
  readonly point: string;
}

/** `mountinfo`: the text of a /proc/<pid>/mountinfo. */
export function mounts(mountinfo: string): Mount[] {
  return mountinfo.split('\n').flatMap((line) => {
    const [, , device, , point] = line.split(' ');
    return device === undefined || point === undefined ? [] : [{ device, point }];
  });
}

export interface LoopDevice {
  readonly name: string;
  /** major:minor of the file system that holds the backing file: stays true when the file is deleted or out of sight. */
  readonly backingDevice: string;
  readonly backingFile: string;
}

/** The loop devices in use, of the whole machine: they know no namespaces. */
export function loopDevices(): LoopDevice[] {
  const text = execFileSync('losetup', ['--list', '--json', '--output', 'NAME,BACK-MAJ:MIN,BACK-FILE'], { encoding: 'utf8' });
  if (text.trim() === '') return [];
  const { loopdevices } = JSON.parse(text) as { loopdevices: Record<'name' | 'back-maj:min' | 'back-file', string | null>[] };
  return loopdevices.map((one) => ({ name: one.name ?? '', backingDevice: (one['back-maj:min'] ?? '').trim(), backingFile: one['back-file'] ?? '' }));
}
