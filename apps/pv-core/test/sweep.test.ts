import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, mkdirSync, openSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeFifo } from '@pv/pv-native/fifo';
import { readProcess } from '@pv/pv-native/process';
import { places as placesOf } from '@pv/runtime/places';
import { describe, expect, it, onTestFinished } from 'vitest';
import { lockRun } from '../src/run-lock.ts';
import { sweep } from '../src/sweep.ts';
import { ScriptedEngine } from './kit/scripted-engine.ts';
import { useTemporaryRoot } from './kit/supervised.ts';

const at = useTemporaryRoot();
const places = () => placesOf({ run: join(at.dir, 'run'), storage: join(at.dir, 'storage') });

/** A run with the container `app`, and a daemon's record. */
function leftovers(daemon: { pid: number; startTime: number }) {
  const { run, daemons, container } = places();
  mkdirSync(container('app').engine, { recursive: true });
  mkdirSync(daemons, { recursive: true });
  writeFileSync(join(daemons, 'pv-ctrl.json'), JSON.stringify(daemon));
  writeFileSync(join(run, 'appengine.json'), '{}');
  const engine = new ScriptedEngine();
  engine.adoptable.set('app', { kind: 'running', container: engine.container('app') });
  return engine;
}

function sleeper(): ChildProcess & { pid: number } {
  const child = spawn('sleep', ['60'], { stdio: 'ignore' });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child as ChildProcess & { pid: number };
}

describe('sweep', () => {
  it('ends containers and recorded daemons, and empties the run directory but for what is not its own', async () => {
    const daemon = sleeper();
    const engine = leftovers({ pid: daemon.pid, startTime: readProcess(daemon.pid)?.startTime ?? 0 });
    const ended = once(daemon, 'exit');
    expect(await sweep(places(), [engine])).toEqual([]);
    expect(await ended).toEqual([null, 'SIGKILL']);
    expect(engine.events).toEqual(['kill app', 'tidy']);
    expect(readdirSync(places().run)).toEqual(['appengine.json']);
    engine.adoptable.clear();
    expect(await sweep(places(), [engine])).toEqual([]);
  });

  it('ends a daemon that nobody wrote down', async () => {
    const engine = leftovers({ pid: 1, startTime: 1 });
    const fifo = join(places().daemons, 'pv-ctrl.out');
    makeFifo(fifo, 0o600);
    const output = openSync(fifo, constants.O_RDWR);
    const daemon = spawn('sleep', ['60'], { stdio: ['ignore', output, 'ignore'] });
    closeSync(output);
    const ended = once(daemon, 'exit');
    expect(await sweep(places(), [engine])).toEqual([]);
    expect(await ended).toEqual([null, 'SIGKILL']);
  });

  it('does not touch a process that only has the pid of a daemon', async () => {
    const other = sleeper();
    const engine = leftovers({ pid: other.pid, startTime: 1 });
    await sweep(places(), [engine]);
    expect(readProcess(other.pid)?.state).toMatch(/[RS]/);
  });

  it('removes nothing while a pv-core runs', async () => {
    const engine = leftovers({ pid: 1, startTime: 1 });
    const lock = lockRun(places().run) ?? -1;
    onTestFinished(() => closeSync(lock));
    expect(await sweep(places(), [engine])).toEqual([expect.stringContaining('another pv-core runs with')]);
    expect(engine.events).toEqual([]);
    expect(readdirSync(places().run).sort()).toEqual(['appengine.json', 'containers', 'daemons']);
  });
});
