/**
 * What every engine must do, as a list of cases that any test runner can run: `for (const { title, run } of
 * conformanceCases) test(title, () => run(harness))`. Each case makes containers of its own and ends them.
 */
import assert from 'node:assert/strict';
import type { AdoptResult, ContainerEnd, Engine, RunningContainer, StartSpec } from './engine.ts';

export interface Harness {
  readonly engine: Engine;
  /** One more engine on the same state, as the next process would have it. */
  another(): Engine;
  /** A new container, its directories made, whose init runs this POSIX shell script with stdout on the console. */
  spec(script: string): StartSpec;
  /** What has arrived in the console's log. */
  consoleOf(spec: StartSpec): string;
  /** SIGKILL for the container's monitor. */
  killMonitor(spec: StartSpec): void;
  /** Processes, mounts, control groups of it that are still there, one a line. */
  remains(spec: StartSpec): readonly string[];
  /** Polls, with a bound; throws with `what` when it passes. */
  waitFor(check: () => boolean, what: string): Promise<void>;
}

export interface ConformanceCase {
  readonly title: string;
  run(harness: Harness): Promise<void>;
}

/** Says when it is ready, then waits for ever; a signal that has a trap interrupts it. */
const stay = 'echo ready\nsleep 1000 &\nwhile :; do wait; done';

export const conformanceCases: readonly ConformanceCase[] = [
  ...[0, 3, 127].map((code) => ({
    title: `exit code ${code} of an init that ends at once`,
    run: (harness: Harness) => endsWith(harness, `exit ${code}`, { kind: 'exit', code }),
  })),
  { title: 'an end that comes while it is watched', run: watchedEnd },
  { title: 'SIGKILL from outside', run: killedFromOutside },
  { title: 'the halt signal reaches an init that handles it', run: haltHandled },
  { title: 'an init that ignores the halt signal is killed, with its children', run: haltIgnored },
  { title: 'halt, kill and release do no harm after the end', run: callsAfterTheEnd },
  { title: 'the death of the monitor ends everything, and is not called an exit', run: monitorKilled },
  { title: 'release leaves the container alone, and another engine adopts it', run: adoption },
  { title: 'an end that nobody watched is learned exactly', run: unwatchedEnd },
  { title: 'an unwatched death of the monitor is learned as unknown', run: unwatchedMonitorDeath },
  { title: 'nothing to adopt where nothing was started', run: nothingToAdopt },
  { title: 'nothing to adopt after a sweep', run: sweptAway },
  { title: 'a name that runs is not started twice', run: startedTwice },
  { title: 'a new start forgets the former end', run: startAgain },
  { title: 'many starts at once', run: manyStarts },
  { title: 'the environment reaches init', run: environment },
];

async function started({ engine }: Pick<Harness, 'engine'>, spec: StartSpec): Promise<RunningContainer> {
  const result = await engine.start(spec);
  assert.equal(result.kind, 'running', result.kind === 'failed' ? result.reason : undefined);
  return (result as { container: RunningContainer }).container;
}

async function ready(harness: Harness, spec: StartSpec): Promise<RunningContainer> {
  const container = await started(harness, spec);
  await harness.waitFor(() => harness.consoleOf(spec).includes('ready'), `'ready' on the console of ${spec.name}`);
  return container;
}

async function over(harness: Harness, spec: StartSpec, container: Pick<RunningContainer, 'ended'>, expected: ContainerEnd): Promise<void> {
  assert.deepEqual(await container.ended, expected);
  assert.deepEqual(harness.remains(spec), []);
  await harness.engine.sweep(spec);
}

async function endsWith(harness: Harness, script: string, expected: ContainerEnd): Promise<void> {
  const spec = harness.spec(script);
  await over(harness, spec, await started(harness, spec), expected);
}

async function watchedEnd(harness: Harness): Promise<void> {
  const spec = harness.spec(`trap 'exit 42' USR1\n${stay}`);
  const container = await ready(harness, spec);
  process.kill(container.init.pid, 'SIGUSR1');
  await over(harness, spec, container, { kind: 'exit', code: 42 });
}

async function killedFromOutside(harness: Harness): Promise<void> {
  const spec = harness.spec(stay);
  const container = await ready(harness, spec);
  process.kill(container.init.pid, 'SIGKILL');
  await over(harness, spec, container, { kind: 'signal', signal: 9 });
}

async function haltHandled(harness: Harness): Promise<void> {
  const spec = harness.spec(`trap 'exit 4' PWR\n${stay}`);
  const container = await ready(harness, spec);
  container.halt();
  await over(harness, spec, container, { kind: 'exit', code: 4 });
}

async function haltIgnored(harness: Harness): Promise<void> {
  const spec = harness.spec(`trap 'echo still here' PWR\n(trap '' PWR TERM; sleep 1000) &\n${stay}`);
  const container = await ready(harness, spec);
  container.halt();
  await harness.waitFor(() => harness.consoleOf(spec).includes('still here'), 'the answer to the halt signal');
  await container.kill();
  await over(harness, spec, container, { kind: 'signal', signal: 9 });
}

async function callsAfterTheEnd(harness: Harness): Promise<void> {
  const spec = harness.spec(stay);
  const container = await ready(harness, spec);
  await container.kill();
  await container.ended;
  container.halt();
  await container.kill();
  container.release();
  container.release();
  await over(harness, spec, container, { kind: 'signal', signal: 9 });
}

async function monitorKilled(harness: Harness): Promise<void> {
  const spec = harness.spec(stay);
  const container = await ready(harness, spec);
  harness.killMonitor(spec);
  assert.equal((await container.ended).kind, 'unknown');
  assert.deepEqual(harness.remains(spec), []);
  await harness.engine.sweep(spec);
}

async function adoption(harness: Harness): Promise<void> {
  const spec = harness.spec(`trap 'exit 6' PWR\n${stay}`);
  const first = await ready(harness, spec);
  first.release();
  const second = adopted(await harness.another().adopt(spec));
  assert.deepEqual(second.init, first.init);
  process.kill(second.init.pid, 0);
  second.halt();
  await over(harness, spec, second, { kind: 'exit', code: 6 });
}

function adopted(result: AdoptResult): RunningContainer {
  if (result.kind !== 'running') assert.fail(`expected to adopt it, but: ${JSON.stringify(result)}`);
  return result.container;
}

async function unwatchedEnd(harness: Harness): Promise<void> {
  const spec = harness.spec(`trap 'exit 7' USR1\n${stay}`);
  const container = await ready(harness, spec);
  container.release();
  process.kill(container.init.pid, 'SIGUSR1');
  assert.deepEqual(await endSeenLater(harness, spec), { kind: 'exit', code: 7 });
  await harness.another().sweep(spec);
  assert.deepEqual(harness.remains(spec), []);
}

async function unwatchedMonitorDeath(harness: Harness): Promise<void> {
  const spec = harness.spec(stay);
  (await ready(harness, spec)).release();
  harness.killMonitor(spec);
  assert.equal((await endSeenLater(harness, spec)).kind, 'unknown');
  await harness.another().sweep(spec);
  assert.deepEqual(harness.remains(spec), []);
}

/** The monitor may need a moment: then the adopted container's end is the one. */
async function endSeenLater(harness: Harness, spec: StartSpec): Promise<ContainerEnd> {
  const result = await harness.another().adopt(spec);
  if (result.kind === 'running') return result.container.ended;
  return result.kind === 'ended' ? result.end : assert.fail('there is no record of it');
}

async function nothingToAdopt({ engine, spec }: Harness): Promise<void> {
  assert.deepEqual(await engine.adopt(spec('exit 0')), { kind: 'none' });
}

async function sweptAway(harness: Harness): Promise<void> {
  const spec = harness.spec('exit 3');
  await (await started(harness, spec)).ended;
  assert.deepEqual(await harness.another().adopt(spec), { kind: 'ended', end: { kind: 'exit', code: 3 } });
  await harness.engine.sweep(spec);
  assert.deepEqual(await harness.another().adopt(spec), { kind: 'none' });
}

async function startedTwice(harness: Harness): Promise<void> {
  const spec = harness.spec(stay);
  const container = await ready(harness, spec);
  const again = await harness.another().start(spec);
  assert.equal(again.kind, 'failed');
  assert.match(again.kind === 'failed' ? again.reason : '', /already/);
  process.kill(container.init.pid, 0);
  await container.kill();
  await over(harness, spec, container, { kind: 'signal', signal: 9 });
}

async function startAgain(harness: Harness): Promise<void> {
  const spec = harness.spec(stay);
  await over(harness, spec, await killed(harness, spec), { kind: 'signal', signal: 9 });
  const container = await started(harness, spec);
  adopted(await harness.another().adopt(spec)).release();
  await container.kill();
  await over(harness, spec, container, { kind: 'signal', signal: 9 });
}

async function killed(harness: Harness, spec: StartSpec): Promise<RunningContainer> {
  const container = await ready(harness, spec);
  await container.kill();
  return container;
}

async function manyStarts(harness: Harness): Promise<void> {
  await Promise.all([10, 11, 12, 13, 14, 15].map((code) => endsWith(harness, `exit ${code}`, { kind: 'exit', code })));
}

async function environment(harness: Harness): Promise<void> {
  const spec = { ...harness.spec('echo "word=$PV_TEST_WORD ready"'), environment: { PV_TEST_WORD: 'two words' } };
  await over(harness, spec, await ready(harness, spec), { kind: 'exit', code: 0 });
  assert.match(harness.consoleOf(spec), /word=two words/);
}
