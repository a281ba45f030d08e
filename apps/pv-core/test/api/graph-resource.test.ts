import type { ContainerStatus } from '@pv/contract/containers';
import type { ContainerName } from '@pv/contract/names';
import type { DeclaredLink } from '@pv/state/graph';
import { ManualClock, settle } from '@pv/testkit/manual-clock';
import { expect, it } from 'vitest';
import { GraphResource } from '../../src/api/graph-resource.ts';

const links = [{ name: 'raw', consumer: 'c', provider: 'p' }] as unknown as DeclaredLink[];
const shown = (pid: number) => [expect.objectContaining({ consumer: 'c', consumer_pid: pid, provider: 'p', provider_pid: 0 })];

function resource(declared = links) {
  const pids: Record<string, number> = {};
  const starts: Record<string, number> = {};
  const status: { of: ContainerStatus } = { of: 'STOPPED' };
  const clock = new ManualClock();
  return { pids, starts, status, clock, graph: new GraphResource({ links: declared, endOf: (name: ContainerName) => ({ pid: pids[name] ?? 0, status: status.of, starts: starts[name] ?? 0 }), clock, heldSeconds: 30 }) };
}
const never = new AbortController().signal;

it('answers at once without an ETag, and with an old one', async () => {
  const { graph, pids } = resource();
  const { etag } = await graph.get(undefined, never);
  pids['c'] = 1;
  graph.refresh();
  expect(await graph.get(etag, never)).toMatchObject({ value: shown(1) });
});

it('holds until the graph differs, not until it was merely looked at, nor for a container without links', async () => {
  const { graph, pids } = resource();
  const { etag } = await graph.get(undefined, never);
  const answers: unknown[] = [];
  void graph.get(etag, never).then((answer) => answers.push(answer.value));
  void graph.get(etag, never).then((answer) => answers.push(answer.value));
  pids['other'] = 9;
  graph.refresh();
  await settle();
  expect(answers).toEqual([]);
  pids['c'] = 7;
  graph.refresh();
  await settle();
  expect(answers).toEqual([shown(7), shown(7)]);
});

it('answers with the same after the time is over, and when the client has gone', async () => {
  const { graph, clock } = resource();
  const first = await graph.get(undefined, never);
  const gone = new AbortController();
  const answers: string[] = [];
  void graph.get(first.etag, never).then(({ etag }) => answers.push(etag));
  void graph.get(first.etag, gone.signal).then(({ etag }) => answers.push(etag));
  gone.abort();
  await settle();
  expect(answers).toEqual([first.etag]);
  await clock.wind(30);
  expect(answers).toEqual([first.etag, first.etag]);
});

it('names with its ETag what the revision declares, and the pids that the answer has', async () => {
  const [one, other] = [resource(), resource([{ ...links[0], role: 'admin' }] as DeclaredLink[])];
  const tag = async ({ graph }: typeof one): Promise<string> => (await graph.get(undefined, never)).etag;
  expect(await tag(one)).not.toBe(await tag(other));
  const before = await tag(one);
  one.pids['c'] = 3;
  expect(await tag(one)).not.toBe(before);
});

it('has the states of its moment, which alone end no hold, and generations, which do though the pid is the same again', async () => {
  const { graph, pids, starts, status } = resource();
  Object.assign(pids, { c: 7 });
  Object.assign(starts, { c: 1 });
  const { etag } = await graph.get(undefined, never);
  const answers: unknown[] = [];
  void graph.get(etag, never).then((answer) => answers.push(answer.value));
  status.of = 'STARTED';
  graph.refresh();
  await settle();
  expect(answers).toEqual([]);
  Object.assign(starts, { c: 2 });
  graph.refresh();
  await settle();
  expect(answers).toEqual([[expect.objectContaining({ consumer_pid: 7, consumer_state: 'STARTED', consumer_generation: 2, provider_pid: 0, provider_state: 'STARTED', provider_generation: 0 })]]);
});
