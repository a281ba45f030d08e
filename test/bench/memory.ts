/** Proportional set sizes: a page that n processes share counts for one n-th in each of them. So the figures depend on how many node processes run; a bare HTTP daemon beside ours says how much of them is node. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Box } from '@pv/testkit/box/box';
import { daemons } from './device.ts';
import type { Figure } from './figure.ts';
import { pss } from './mesh/process.ts';

/** With the options of our own launcher. */
const bare = ['--max-semi-space-size=1', '-e', "require('node:http').createServer((_, answer) => answer.end()).listen(0, '127.0.0.1', () => console.log('listens'))"];

export async function memoryFigures(box: Box): Promise<Figure[]> {
  const child = spawn(process.execPath, bare, { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    await once(child.stdout, 'data');
    return measure(box, child);
  } finally {
    child.kill();
  }
}

function measure(box: Box, child: ChildProcess): Figure[] {
  const ours = daemons.map((name) => ({ name, size: pss(box.hostPid(box.pidsOf(name)[0] ?? 0) ?? 0) }));
  const figure = (what: string, size: number, aim?: string): Figure => ({ what, unit: 'MB', values: [size], ...(aim === undefined ? {} : { aim }) });
  return [
    ...ours.map(({ name, size }) => figure(`PSS of ${name}`, size)),
    figure('PSS of the three together', ours.reduce((sum, { size }) => sum + size, 0), 'under 75'),
    figure('PSS of pv-appengine', pss(box.hostPid(box.pidsOf('pv-appengine')[0] ?? 0) ?? 0)),
    figure('PSS of a bare node:http daemon', pss(child.pid ?? 0)),
  ];
}
