/**
 * LXC makes the targets of mounts (`create=dir`, `create=file`) with paths that follow links on the host: a container
 * that left a link in its writable layer would have an empty file or directory made wherever it points. LXC refuses to
 * mount over such a path afterwards, so a start that would meet one is refused before. Reads layers, while the container
 * does not run; follows no link.
 */
import { type Stats, lstatSync } from 'node:fs';
import { join } from 'node:path';
import type { StartSpec } from '@pv/engine/engine';
import { configLines } from './config.ts';

/** A sentence, or undefined: no target is, or lies behind, a link. */
export function linkedTarget({ config, mounts, rootfs }: StartSpec): string | undefined {
  const own = configLines(config).flatMap(({ key, value }) => (key === 'lxc.mount.entry' ? [decoded(value.split(/\s+/)[1] ?? '')] : []));
  const layers = [join(rootfs.writable, 'upper'), ...rootfs.lower];
  for (const target of [...own, ...mounts.map((mount) => mount.target)]) {
    const link = firstLink(target, layers);
    if (link !== undefined) return `the mount target '${target}' leads over '${link}', a symbolic link in the container's files: mount at the real path, or remove the link`;
  }
  return undefined;
}

/** As getmntent(3) reads it. */
function decoded(field: string): string {
  return field.replace(/\\(040|011|134)/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

/** As an overlay looks a path up: the uppermost layer that has a name decides, directories are merged downwards. */
function firstLink(target: string, layers: readonly string[]): string | undefined {
  const walk = { path: '', layers };
  for (const part of target.split('/').filter((name) => name !== '' && name !== '.')) {
    walk.path = `${walk.path}/${part}`;
    const found = walk.layers.flatMap((layer) => {
      const stats = lookUp(join(layer, walk.path));
      return stats === undefined ? [] : [{ layer, stats }];
    });
    if (found[0]?.stats.isSymbolicLink() === true) return walk.path;
    const hidden = found.findIndex(({ stats }) => !stats.isDirectory());
    walk.layers = (hidden < 0 ? found : found.slice(0, hidden)).map(({ layer }) => layer);
  }
  return undefined;
}

function lookUp(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch {
    return undefined;
  }
}
