/**
 * `npm run bench`: how long things take and how much memory they need, on this machine, now. A report, no test: nothing
 * is asserted. Boots six examples in a box, so it needs root and `dist`. Prints a table, then the same as JSON.
 */
import { startBox } from '@pv/testkit/box/start-box';
import { waitFor } from '@pv/testkit/wait-for';
import { cpus, loadavg } from 'node:os';
import { boot, tail } from './device.ts';
import { type Figure, table } from './figure.ts';
import { memoryFigures } from './memory.ts';
import { bootTimes, injectionTimes, recoveryTimes, stopTimes, toolTimes } from './times.ts';

const runs = 7;

const box = await startBox();
try {
  const ready = await bootTimes(box, runs);
  const log = tail(box);
  const appengine = await boot(box, 0);
  await log.seen("state revision '0' status is now READY");
  await waitFor(async () => (await box.pvcontrol('ls')).code === 0, { what: 'an answer of the API' });
  const figures = [ready, ...(await running())];
  await appengine.stop();
  report(figures);
} finally {
  await box.stop();
}

async function running(): Promise<Figure[]> {
  const tools = toolTimes(box, 15);
  const memory = await memoryFigures(box);
  return [await stopTimes(box, runs), await injectionTimes(box, runs), await recoveryTimes(box, runs), ...tools, ...memory];
}

function report(figures: readonly Figure[]): void {
  const machine = `Node ${process.version}, ${cpus().length} CPUs, load average ${loadavg()[1]?.toFixed(1) ?? ''} over five minutes`;
  console.log(`${machine}\n\n${table(figures)}\n`);
  console.log(JSON.stringify({ machine, figures }));
}
