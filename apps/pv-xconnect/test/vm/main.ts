/**
 * `npm run test:vm`: the drm plugin with a real graphics device, in a virtual machine of QEMU's (software emulation, so
 * no rights are needed but those to unpack packages). The card is virtio-gpu's: Debian's kernel is built without vkms.
 * Needs qemu-system-x86, busybox-static, squashfs-tools, weston, wayland-utils and a C compiler; fetches Debian's kernel once.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeInitramfs } from './initramfs.ts';
import { debianKernel } from './kernel.ts';

const drivers = ['virtio_pci', 'virtio_gpu'];
/** It takes ten seconds; a busy machine may need more. */
const patienceMs = 300_000;

const work = mkdtempSync(join(tmpdir(), 'pv-vm-'));
try {
  const kernel = debianKernel();
  const archive = join(work, 'initramfs');
  await makeInitramfs(work, archive, kernel.modules(drivers));
  process.exitCode = (await boot(kernel.image, archive)) ? 0 : 1;
} finally {
  rmSync(work, { recursive: true, force: true });
}

/** Whether all holds. */
async function boot(image: string, archive: string): Promise<boolean> {
  const args = ['-accel', 'tcg', '-m', '1024', '-nographic', '-no-reboot', '-nic', 'none', '-vga', 'none', '-device', 'virtio-gpu-pci'];
  const child = spawn('qemu-system-x86_64', [...args, '-kernel', image, '-initrd', archive, '-append', 'console=ttyS0 quiet panic=-1'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const patience = setTimeout(() => child.kill('SIGKILL'), patienceMs);
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  await once(child, 'close').catch((error: unknown) => {
    throw new Error('qemu-system-x86_64 does not start: install the package qemu-system-x86', { cause: error });
  });
  clearTimeout(patience);
  const lines = output.split(/\r?\n/);
  const told = lines.flatMap((line) => /vm: (.*)$/.exec(line)?.[1] ?? []);
  const holds = told.includes('ALL HOLDS');
  console.log((holds ? told : lines.slice(-60)).join('\n'));
  return holds;
}
