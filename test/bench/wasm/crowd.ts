/** Fifty containers of one kind on a device: how long it boots, and what they take. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildExport } from '@pv/examples/build';
import { buildWasmExport } from '@pv/examples/wasm';
import { bootAppengine } from '@pv/testkit/box/appengine';
import type { Box } from '@pv/testkit/box/box';
import { startBox } from '@pv/testkit/box/start-box';
import { waitFor } from '@pv/testkit/wait-for';
import type { Figure } from '../figure.ts';
import { pss } from '../mesh/process.ts';

export type Kind = 'WebAssembly' | 'busybox';

const args = { PV_GROUP: 'app', PV_RESTART_POLICY: 'container', PV_ROLES: ['nobody'] };

/** `module`: what the WebAssembly ones run; `script`: the others. */
export async function crowd(kind: Kind, count: number, { module, script }: { module: Buffer; script: string }): Promise<Figure[]> {
  const work = mkdtempSync(join(tmpdir(), 'pv-bench-'));
  const box = await startBox();
  try {
    mkdirSync(join(work, 'exports'));
    writeFileSync(join(work, 'start'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    const names = Array.from({ length: count }, (_, index) => `crowd-${index}`);
    const exports = names.map((name) => join(work, 'exports', `${name}.pvrexport.tgz`));
    for (const [index, name] of names.entries()) {
      const path = exports[index] ?? '';
      await (kind === 'busybox' ? buildExport(path, { name, start: join(work, 'start'), args }, '/bin/busybox', 0) : buildWasmExport(path, { name, args, config: {}, module }, 0));
    }
    return await measured(box, kind, count, exports);
  } finally {
    await box.stop();
    rmSync(work, { recursive: true, force: true });
  }
}

/** The first boot installs and does not count. */
async function measured(box: Box, kind: Kind, count: number, exports: readonly string[]): Promise<Figure[]> {
  await (await bootAppengine(box, { exports, readyWithinMs: 120_000 })).stop();
  const log = (): number => (box.log() ?? '').split("state revision '0' status is now READY").length;
  const before = log();
  const appengine = await bootAppengine(box, { exports, readyWithinMs: 0 });
  await waitFor(() => /launching \S+ rev=0/.test(appengine.output()), { what: 'a start of pv-core', everyMs: 1, timeoutMs: 60_000 });
  const started = performance.now();
  await waitFor(() => log() > before, { what: 'READY', everyMs: 5, timeoutMs: 120_000, detail: () => box.log() ?? '' });
  const ready = performance.now() - started;
  const sizes = box.processes().filter(({ pid, argv }) => pid !== 1 && !argv.some((word) => /pv-(?:core|ctrl|xconnect|appengine)\.[cm]js/.test(word))).map(({ hostPid }) => pss(hostPid));
  await appengine.stop();
  return [
    { what: `start of pv-core to READY, ${count} ${kind} containers`, unit: 'ms', values: [ready] },
    { what: `PSS of ${count} ${kind} containers, their monitors included`, unit: 'MB', values: [sizes.reduce((sum, size) => sum + size, 0)] },
  ];
}
