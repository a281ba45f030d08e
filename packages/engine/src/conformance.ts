/**
 * What every engine must do, as a list of cases that any test runner can run: `for (const { title, run } of
 * conformanceCases) test(title, () => run(harness))`. Each case makes containers of its own and ends them.
 */
import assert from 'node:assert/strict';
import type { Behaviour } from './behaviour.ts';
import type { AdoptResult, ContainerEnd, Engine, RunningContainer, StartSpec } from './engine.ts';

export interface Harness {
  readonly engine: Engine;
  /** One more engine on the same state, as the next process would have it. */
  another(): Engine;
  /** Can a program in a container handle the halt signal? */
  readonly hearsSignals: boolean;
  /** A new container, its directories made, whose init does this, with stdout on the console. */
  behaving(behaviour: Behaviour): StartSpec;
  /** For one that stays and has `onCue`. */
  cue(spec: StartSpec, container: RunningContainer): void;
  /** What has arrived in the console's log. */
  consoleOf(spec: StartSpec): string;
  /** SIGKILL for the container's monitor. */
  killMonitor(spec: StartSpec): void;
  /** Processes, mounts, control groups of it that are still there, one a line. */
  remains(spec: StartSpec): readonly string[];
  /** Polls, with a bound; throws with `what` when it passes. */
  waitFor(check: () => boolean, what: string): Promise<void>;
}

export interface ConformanceCase<H extends Harness = Harness> {
  readonly title: string;
  run(harness: H): Promise<void>;
}

export const conformanceCases: readonly ConformanceCase[] = [
  ...[0, 3, 127].map((code) => ({
    title: `exit code ${code} of an init that ends at once`,
    run: (harness: Harness) => endsWith(harness, { does: 'exit', code }, { kind: 'exit', code }),
  })),
  { title: 'a crash of the program is no orderly end', run: crash },
  { title: 'an end that comes while it is watched', run: watchedEnd },
  { title: 'SIGKILL from outside', run: killedFromOutside },
  { title: 'the halt signal reaches an init that handles it, and ends one that cannot', run: haltHandled },
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

export async function started({ engine }: Pick<Harness, 'engine'>, spec: StartSpec): Promise<RunningContainer> {
  const result = await engine.start(spec);
  assert.equal(result.kind, 'running', result.kind === 'failed' ? result.reason : undefined);
  return (result as { container: RunningContainer }).container;
}

export async function ready(harness: Harness, spec: StartSpec): Promise<RunningContainer> {
  const container = await started(harness, spec);
  await harness.waitFor(() => harness.consoleOf(spec).includes('ready'), `'ready' on the console of ${spec.name}`);
  return container;
}

export async function over(harness: Harness, spec: StartSpec, container: Pick<RunningContainer, 'ended'>, expected: ContainerEnd): Promise<void> {
  assert.deepEqual(await container.ended, expected);
  await nothingRemains(harness, spec);
  await harness.engine.sweep(spec);
}

/** A short-lived child of the monitor may be a moment behind it. */
export async function nothingRemains(harness: Pick<Harness, 'remains' | 'waitFor'>, spec: StartSpec): Promise<void> {
  await harness.waitFor(() => harness.remains(spec).length === 0, `an end of ${harness.remains(spec).join(', ')}`);
}

async function endsWith(harness: Harness, behaviour: Behaviour, expected: ContainerEnd): Promise<void> {
  const spec = harness.behaving(behaviour);
  await over(harness, spec, await started(harness, spec), expected);
}

async function crash(harness: Harness): Promise<void> {
  const spec = harness.behaving({ does: 'crash' });
  const end = await (await started(harness, spec)).ended;
  assert.ok(end.kind === 'signal' || (end.kind === 'exit' && end.code !== 0), JSON.stringify(end));
  await nothingRemains(harness, spec);
}

async function watchedEnd(harness: Harness): Promise<void> {
  const spec = harness.behaving({ does: 'stay', onCue: 42 });
  const container = await ready(harness, spec);
  harness.cue(spec, container);
  await over(harness, spec, container, { kind: 'exit', code: 42 });
}

async function killedFromOutside(harness: Harness): Promise<void> {
  const spec = harness.behaving({ does: 'stay' });
  const container = await ready(harness, spec);
  process.kill(container.init.pid, 'SIGKILL');
  await over(harness, spec, container, { kind: 'signal', signal: 9 });
}

async function haltHandled(harness: Harness): Promise<void> {
  const spec = harness.behaving({ does: 'stay', onHalt: 4 });
  const container = await ready(harness, spec);
  container.halt();
  await over(harness, spec, container, harness.hearsSignals ? { kind: 'exit', code: 4 } : { kind: 'signal', signal: 9 });
}

async function haltIgnored(harness: Harness): Promise<void> {
  if (!harness.hearsSignals) return forced(harness);
  const spec = harness.behaving({ does: 'stay', onHalt: 'ignore' });
  const container = await ready(harness, spec);
  container.halt();
  await harness.waitFor(() => harness.consoleOf(spec).includes('still here'), 'the answer to the halt signal');
  await container.kill();
  await over(harness, spec, container, { kind: 'signal', signal: 9 });
}

/** Where nothing can be ignored, force is all that is left to show. */
async function forced(harness: Harness): Promise<void> {
  const spec = harness.behaving({ does: 'spin' });
  const container = await ready(harness, spec);
  await container.kill();
  await over(harness, spec, container, { kind: 'signal', signal: 9 });
}

async function callsAfterTheEnd(harness: Harness): Promise<void> {
  const spec = harness.behaving({ does: 'stay' });
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
  const spec = harness.behaving({ does: 'stay' });
  const container = await ready(harness, spec);
  harness.killMonitor(spec);
  assert.equal((await container.ended).kind, 'unknown');
  await nothingRemains(harness, spec);
  await harness.engine.sweep(spec);
}

async function adoption(harness: Harness): Promise<void> {
  const spec = harness.behaving({ does: 'stay', onCue: 6 });
  const first = await ready(harness, spec);
  first.release();
  const second = adopted(await harness.another().adopt(spec));
  assert.deepEqual(second.init, first.init);
  process.kill(second.init.pid, 0);
  harness.cue(spec, second);
  await over(harness, spec, second, { kind: 'exit', code: 6 });
}

function adopted(result: AdoptResult): RunningContainer {
  if (result.kind !== 'running') assert.fail(`expected to adopt it, but: ${JSON.stringify(result)}`);
  return result.container;
}

async function unwatchedEnd(harness: Harness): Promise<void> {
  const spec = harness.behaving({ does: 'stay', onCue: 7 });
  const container = await ready(harness, spec);
  container.release();
  harness.cue(spec, container);
  assert.deepEqual(await endSeenLater(harness, spec), { kind: 'exit', code: 7 });
  await harness.another().sweep(spec);
  await nothingRemains(harness, spec);
}

async function unwatchedMonitorDeath(harness: Harness): Promise<void> {
  const spec = harness.behaving({ does: 'stay' });
  (await ready(harness, spec)).release();
  harness.killMonitor(spec);
  assert.equal((await endSeenLater(harness, spec)).kind, 'unknown');
  await harness.another().sweep(spec);
  await nothingRemains(harness, spec);
}

/** The monitor may need a moment: then the adopted container's end is the one. */
async function endSeenLater(harness: Harness, spec: StartSpec): Promise<ContainerEnd> {
  const result = await harness.another().adopt(spec);
  if (result.kind === 'running') return result.container.ended;
  return result.kind === 'ended' ? result.end : assert.fail('there is no record of it');
}

async function nothingToAdopt({ engine, behaving }: Harness): Promise<void> {
  assert.deepEqual(await engine.adopt(behaving({ does: 'exit', code: 0 })), { kind: 'none' });
}

async function sweptAway(harness: Harness): Promise<void> {
  const spec = harness.behaving({ does: 'exit', code: 3 });
  await (await started(harness, spec)).ended;
  assert.deepEqual(await harness.another().adopt(spec), { kind: 'ended', end: { kind: 'exit', code: 3 } });
  await harness.engine.sweep(spec);
  assert.deepEqual(await harness.another().adopt(spec), { kind: 'none' });
}

async function startedTwice(harness: Harness): Promise<void> {
  const spec = harness.behaving({ does: 'stay' });
  const container = await ready(harness, spec);
  const again = await harness.another().start(spec);
  assert.equal(again.kind, 'failed');
  assert.match(again.kind === 'failed' ? again.reason : '', /already/);
  process.kill(container.init.pid, 0);
  await container.kill();
  await over(harness, spec, container, { kind: 'signal', signal: 9 });
}

async function startAgain(harness: Harness): Promise<void> {
  const spec = harness.behaving({ does: 'stay' });
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
  await Promise.all([10, 11, 12, 13, 14, 15].map((code) => endsWith(harness, { does: 'exit', code }, { kind: 'exit', code })));
}

async function environment(harness: Harness): Promise<void> {
  const spec = { ...harness.behaving({ does: 'tell environment' }), environment: { PV_TEST_WORD: 'two words' } };
  await over(harness, spec, await started(harness, spec), { kind: 'exit', code: 0 });
  assert.match(harness.consoleOf(spec), /PV_TEST_WORD=two words/);
}
