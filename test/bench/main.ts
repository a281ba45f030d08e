/**
 * `npm run bench`: the figures that users feel, each as median, smallest and largest of several samples, and the ratios
 * that were measured side by side. In a box, on real containers; nothing is asserted.
 */
import { join } from 'node:path';
import { bootAppengine } from '@pv/testkit/box/appengine';
import { startBox } from '@pv/testkit/box/start-box';
import { exampleExports } from '@pv/testkit/example-exports';
import { waitFor } from '@pv/testkit/wait-for';

const samples = Number(process.argv[2] ?? 7);
const names = ['pv-example-unix-server', 'pv-example-unix-client', 'pv-example-app', 'pv-example-recovery', 'pv-example-norole', 'pv-example-stubborn'];

interface Inside {
  readonly pss: Readonly<Record<string, number>>;
  readonly [figure: string]: readonly number[] | Readonly<Record<string, number>>;
}

const exports = await exampleExports();
const box = await startBox();
try {
  const ready = await bootTimes(3);
  const engine = await boot();
  const pvcontrol = join(import.meta.dirname, '../../dist/bin/pvcontrol');
  const { code, stdout, stderr } = await box.exec(['node', join(import.meta.dirname, 'inside.mjs'), String(samples), pvcontrol], { timeoutMs: 300_000 });
  if (code !== 0) throw new Error(stderr);
  await engine.stop();
  report(ready, JSON.parse(stdout) as Inside);
} finally {
  await box.stop();
}

function boot() {
  return bootAppengine(box, { exports: names.map((name) => exports.path(name)), readyWithinMs: 0 });
}

/** From the moment that pv-core is there to READY with six containers; the storage is set up before. */
async function bootTimes(rounds: number): Promise<number[]> {
  const times: number[] = [];
  await box.exec([join(import.meta.dirname, '../../dist/bin/pv-appengine'), '-m']);
  for (let round = 0; round <= rounds; round++) {
    await box.exec(['sh', '-c', 'rm -rf /var/pantavisor/storage/logs']);
    const engine = await boot();
    const start = await waitFor(() => (box.pidsOf('pv-core').length > 0 ? performance.now() : undefined), { what: 'pv-core', everyMs: 1, timeoutMs: 60_000 });
    await waitFor(() => (box.log() ?? '').includes("state revision '0' status is now READY"), { what: 'READY', everyMs: 2, timeoutMs: 60_000, detail: () => box.log() ?? engine.output() });
    // The first boot installs the exports, so it is not counted.
    if (round > 0) times.push(performance.now() - start);
    await engine.stop();
  }
  return times;
}

function report(ready: readonly number[], { pss, ...figures }: Inside): void {
  const rows = Object.entries({ 'pv-core start to READY, 6 containers': ready, ...figures }).map(([figure, values]) => [figure, ...spread(values as number[])]);
  for (const [figure = '', median, least, most] of [['figure (ms)', 'median', 'min', 'max'], ...rows]) console.log(`${figure.padEnd(40)}${median?.padStart(9)}${least?.padStart(9)}${most?.padStart(9)}`);
  const ratio = median(figures['pvcontrol ls'] as number[]) / median(figures['node -e 0'] as number[]);
  const daemons = Object.entries(pss).filter(([name]) => name !== 'bare node:http');
  const sum = daemons.reduce((total, [, kB]) => total + kB, 0);
  console.log(`\npvcontrol ls / node -e 0: ${ratio.toFixed(2)}`);
  for (const [name, kB] of Object.entries(pss)) console.log(`PSS ${name.padEnd(16)}${(kB / 1000).toFixed(1).padStart(6)} MB`);
  console.log(`PSS of the three daemons ${(sum / 1000).toFixed(1)} MB, ${(sum / (3 * (pss['bare node:http'] ?? Number.NaN))).toFixed(2)} of three bare ones`);
  console.log(`\n${JSON.stringify({ ready, ...figures, pss })}`);
}

function spread(values: readonly number[]): string[] {
  return [median(values), Math.min(...values), Math.max(...values)].map((value) => value.toFixed(1));
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
