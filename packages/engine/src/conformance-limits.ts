/** What an engine must do that confines its containers: limits, logs that end, nothing left after many restarts. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import type { Behaviour } from './behaviour.ts';
import { type ConformanceCase, type Harness, over, ready, started } from './conformance.ts';
import type { StartSpec } from './engine.ts';

export interface Limits {
  /** MiB. */
  readonly memory?: number;
  readonly pids?: number;
  /** CPUs. */
  readonly cpu?: number;
}

export interface ConfiningHarness extends Harness {
  limited(behaviour: Behaviour, limits: Limits): StartSpec;
  /** As the kernel has them for the container that runs. */
  limitsOf(spec: StartSpec): Limits;
  /** How often the CPU limit has held the container back. */
  throttled(spec: StartSpec): number;
  /** Bytes of the console's logs, all files. */
  consoleBytes(spec: StartSpec): number;
}

export const confinementCases: readonly ConformanceCase<ConfiningHarness>[] = [
  { title: 'limits are those of the container', run: limitsSet },
  { title: 'a program that takes more memory than its limit is killed, and the end says why', run: memoryLimit },
  { title: 'a program that computes for ever is held back by its limit', run: cpuLimit },
  { title: '10 MB on the console: the log is bounded, and has the last of it', run: muchOutput },
  { title: '100 restarts leave nothing', run: manyRestarts },
];

async function limitsSet(harness: ConfiningHarness): Promise<void> {
  const limits = { memory: 64, pids: 32, cpu: 0.5 };
  const spec = harness.limited({ does: 'stay' }, limits);
  const container = await ready(harness, spec);
  assert.deepEqual(harness.limitsOf(spec), limits);
  await container.kill();
  await over(harness, spec, container, { kind: 'signal', signal: 9 });
}

async function memoryLimit(harness: ConfiningHarness): Promise<void> {
  const spec = harness.limited({ does: 'eat memory' }, { memory: 48 });
  await over(harness, spec, await ready(harness, spec), { kind: 'oom', signal: 9 });
}

async function cpuLimit(harness: ConfiningHarness): Promise<void> {
  const spec = harness.limited({ does: 'spin' }, { cpu: 0.1 });
  const container = await ready(harness, spec);
  await harness.waitFor(() => harness.throttled(spec) > 2, 'the limit to hold it back');
  await container.kill();
  await over(harness, spec, container, { kind: 'signal', signal: 9 });
}

async function muchOutput(harness: ConfiningHarness): Promise<void> {
  const spec = harness.behaving({ does: 'say much', lines: 100_000 });
  const container = await started(harness, spec);
  await harness.waitFor(() => harness.consoleOf(spec).includes('end of lines'), 'the last line');
  assert.ok(harness.consoleBytes(spec) < 3 * 1024 * 1024, `${harness.consoleBytes(spec)} bytes`);
  await container.kill();
  await over(harness, spec, container, { kind: 'signal', signal: 9 });
}

async function manyRestarts(harness: ConfiningHarness): Promise<void> {
  const spec = harness.behaving({ does: 'exit', code: 3 });
  await over(harness, spec, await started(harness, spec), { kind: 'exit', code: 3 });
  const descriptors = openDescriptors();
  for (let run = 0; run < 100; run += 1) await over(harness, spec, await started(harness, spec), { kind: 'exit', code: 3 });
  await harness.waitFor(() => openDescriptors() <= descriptors, `as few descriptors as the ${descriptors} before`);
}

function openDescriptors(): number {
  return readdirSync('/proc/self/fd').length;
}
