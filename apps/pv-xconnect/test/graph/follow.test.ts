import { join } from 'node:path';
import { limits } from '@pv/contract/limits';
import { systemClock } from '@pv/runtime/clock';
import { ManualClock } from '@pv/testkit/manual-clock';
import { waitFor } from '@pv/testkit/wait-for';
import { expect, onTestFinished, test } from 'vitest';
import { graphFetcher, type Fetched } from '../../src/graph/fetch.ts';
import { followGraph, type Follower } from '../../src/graph/follow.ts';
import { tempDir } from '../kit/cleanup.ts';
import { FakeCore } from '../kit/core.ts';

interface Following {
  readonly core: FakeCore;
  readonly follower: Follower;
  readonly out: string[];
  readonly err: string[];
  /** Names of the links of each graph, in the order in which they came. */
  readonly graphs: string[][];
}

async function follow({ started = true } = {}): Promise<Following> {
  const core = new FakeCore(join(tempDir(), 'pv-core'));
  if (started) await core.start();
  const [out, err, graphs]: [string[], string[], string[][]] = [[], [], []];
  const follower = followGraph({
    fetch: graphFetcher(core.path, systemClock),
    onGraph: (links) => graphs.push(links.map(({ name }) => name)),
    lines: { out: (line) => out.push(line), err: (line) => err.push(line) },
    clock: systemClock, random: Math.random,
  });
  onTestFinished(() => follower.stop());
  return { core, follower, out, err, graphs };
}

const link = (name: string) => ({ type: 'unix', name, consumer: 'c', provider: 'p', socket: '/s', target: '/t' });
const come = ({ graphs }: Following, count: number) => waitFor(() => graphs.length >= count, { what: `${count} graphs`, detail: () => JSON.stringify(graphs) });

test('each change comes by a request that was held for it', async () => {
  const following = await follow();
  const { core, graphs, out, err } = following;
  await come(following, 1);
  for (const name of ['a', 'b', 'c']) {
    await waitFor(() => core.held === 1, { what: 'a held request' });
    core.set([link(name)]);
  }
  await come(following, 4);
  expect(graphs).toEqual([[], ['a'], ['b'], ['c']]);
  expect(core.requests.slice(0, 2)).toEqual(['/xconnect-graph', '/xconnect-graph?wait=v0']);
  expect([out, err]).toEqual([['Connected to pv-ctrl'], []]);
});

test('7.2-19 ctrl replaced by another process: one line per outage, the graph read anew after it, and nothing said in between', async () => {
  const following = await follow();
  const { core, graphs, out, err } = following;
  await come(following, 1);
  await waitFor(() => core.held === 1, { what: 'a held request' });
  core.stop();
  await waitFor(() => err.length === 1, { what: 'the complaint' });
  core.set([link('new')]);
  await core.start();
  await come(following, 2);
  expect(graphs).toEqual([[], ['new']]);
  expect(err).toEqual(['Error connecting to pv-ctrl: Connection reset by peer']);
  expect(out).toEqual(['Connected to pv-ctrl', 'Connected to pv-ctrl']);
});

test('a core that is away from the start is waited for', async () => {
  const following = await follow({ started: false });
  await waitFor(() => following.err.length === 1, { what: 'the complaint' });
  await following.core.start();
  await come(following, 1);
  expect(following.err).toEqual(['Error connecting to pv-ctrl: No such file or directory']);
});

test.each([
  ['truncated text', '[{"type":', 'Failed to parse graph JSON'],
  ['an object', '{}', 'Graph JSON is not an array'],
  ['more than the cap', `["${'x'.repeat(limits.answerBytes)}"]`, `Failed to fetch graph: the answer is longer than ${limits.answerBytes} bytes`],
])('%s leaves the last graph in force until a good one comes', async (_what, text, complaint) => {
  const following = await follow();
  await come(following, 1);
  following.core.set(text);
  await waitFor(() => following.err.length > 0, { what: 'the complaint' });
  following.core.set([link('good')]);
  await come(following, 2);
  expect(following.graphs).toEqual([[], ['good']]);
  expect(following.err).toEqual([complaint]);
});

test('a refusal is reported with its status, once', async () => {
  const following = await follow();
  await come(following, 1);
  following.core.setStatus(503);
  await waitFor(() => following.core.requests.length >= 5, { what: 'several tries' });
  following.core.setStatus(200);
  await come(following, 2);
  expect(following.err).toEqual(['Failed to fetch graph: pret=0, status=503']);
});

test('7.2-19 a graph of 500 links is read whole', async () => {
  const following = await follow();
  await come(following, 1);
  following.core.set(Array.from({ length: 500 }, (_, index) => link(`n${index}`)));
  await come(following, 2);
  expect(following.graphs[1]).toHaveLength(500);
});

test('a refresh fetches at once and resolves after the graph was handed on; many at a time are fine', async () => {
  const following = await follow();
  await come(following, 1);
  await waitFor(() => following.core.held === 1, { what: 'a held request' });
  expect(await Promise.all([following.follower.refresh(), following.follower.refresh()])).toEqual([{ kind: 'fresh' }, { kind: 'fresh' }]);
  expect(following.graphs.length).toBeGreaterThan(1);
  following.core.stop();
  expect(await following.follower.refresh()).toMatchObject({ kind: 'failed', reason: expect.stringMatching(/^(?:No such file|Connection re)/) });
});

test('pauses between failed tries grow to a second, and a server that does not hold is not asked without pause', async () => {
  const clock = new ManualClock();
  const answers: Fetched[] = [];
  const times: number[] = [];
  const away: Fetched = { kind: 'away', problem: 'away', reason: 'away' };
  const same: Fetched = { kind: 'graph', etag: 'same', links: [], problems: [] };
  answers.push(...Array.from({ length: 9 }, () => away), ...Array.from({ length: 4 }, () => same));
  const follower = followGraph({
    fetch: async () => {
      times.push(clock.now());
      return answers.shift() ?? new Promise<never>(() => undefined);
    },
    onGraph: () => undefined, lines: { out: () => undefined, err: () => undefined }, clock, random: () => 0,
  });
  onTestFinished(() => follower.stop());
  for (let step = 0; step < 2_000 && answers.length > 0; step++) {
    await new Promise((resolve) => setImmediate(resolve));
    clock.advance(0.005);
  }
  const pauses = times.slice(1).map((time, index) => Math.round((time - (times[index] ?? 0)) * 100) / 100);
  expect(pauses.slice(0, 9)).toEqual([0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1, 1, 1]);
  expect(pauses.slice(9)).toEqual([0, 1, 1]);
});
