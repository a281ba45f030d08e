/**
 * A container's root: empty directories and files, over which its mounts go. Made anew at each start, before anything of
 * the container runs; read-only for it.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { BindMount } from '@pv/engine/engine';

/** Also for LXC's own mounts and pv-xconnect's sockets. */
const directories = ['/app', '/dev', '/proc', '/run', '/sys', '/tmp', '/volumes'];

export function makeRoot(root: string, mounts: readonly BindMount[]): void {
  rmSync(root, { recursive: true, force: true });
  for (const directory of directories) mkdirSync(join(root, directory), { recursive: true, mode: 0o755 });
  for (const { target, kind } of mounts) {
    mkdirSync(join(root, kind === 'dir' ? target : dirname(target)), { recursive: true, mode: 0o755 });
    if (kind === 'file') writeFileSync(join(root, target), '', { mode: 0o444 });
  }
}
