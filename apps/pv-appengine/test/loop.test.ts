/** The loop with a stand-in for pv-core that does not want to end. */
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tempRoot } from '@pv/testkit/temp-root';
import { waitFor } from '@pv/testkit/wait-for';
import { expect, it, onTestFinished } from 'vitest';
import { type LoopDeps, runLoop } from '../src/loop.ts';

/** `body`: of a shell script that is pv-core. What it was called with is in `calls`. */
function loop(body: string) {
  const root = tempRoot('pv-loop');
  onTestFinished(root.remove);
  const program = join(root.path, 'pv-core');
  const calls = join(root.path, 'calls');
  writeFileSync(calls, '');
  writeFileSync(program, `#!/bin/sh\n${body}\n`);
  chmodSync(program, 0o755);
  const lines: string[] = [];
  const say = (level: string) => (text: string) => void lines.push(`${level} ${text}`);
  const stop = new AbortController();
  const pids: number[] = [];
  const deps: LoopDeps = {
    command: [program], env: { PATH: process.env['PATH'], CALLS: calls }, say: { info: say('INFO'), warn: say('WARN'), error: say('ERROR') }, stop: stop.signal,
    patienceMs: () => 200, started: new Set(), restartDelay: 0, revision: () => 'locals/x', onStart: (pid) => pids.push(pid), now: () => performance.now(),
  };
  return { deps, lines, stop, pids, calls: () => readFileSync(calls, 'utf8') };
}

it('kills a pv-core that does not stop, and a sweep that does not finish', async () => {
  const { deps, lines, stop, calls, pids } = loop('trap "" TERM; echo "$*" >>"$CALLS"; while :; do sleep 0.05; done');
  const ended = runLoop(deps);
  await waitFor(() => calls().includes('--revision locals/x'), { what: 'a start of pv-core' });
  stop.abort();
  expect(await ended).toBe(1);
  expect(pids).toHaveLength(1);
  expect(lines).toEqual([
    'INFO launching pantavisor rev=locals/x (try=)', 'ERROR pv-core did not stop within 0.2 seconds; killing it', 'INFO told to stop',
    'ERROR pv-core did not finish its sweep within 0.2 seconds; killing it', 'ERROR something of this run could not be removed; see the messages above',
  ]);
});

it('starts nothing when it is told to stop first, but sweeps what an earlier run left', async () => {
  const { deps, stop, calls } = loop('echo "$*" >>"$CALLS"');
  stop.abort();
  expect(await runLoop(deps)).toBe(0);
  expect(calls()).toBe('--sweep\n');
});

it('throws when pv-core is no program', async () => {
  const { deps } = loop('');
  await expect(runLoop({ ...deps, command: ['/nowhere/pv-core'] })).rejects.toThrow('spawn /nowhere/pv-core ENOENT');
});
