import type { Graph } from '@pv/contract/graph';
import { expect, it } from 'vitest';
import { GraphResource } from '../../src/api/graph-resource.ts';
import { ManualClock, settle } from '../kit/manual-clock.ts';

const link = (pid: number) => [{ consumer_pid: pid }] as unknown as Graph;

function resource() {
  const source = { value: link(0) };
  const clock = new ManualClock();
  return { source, clock, graph: new GraphResource(() => source.value, clock, 30) };
}
const never = new AbortController().signal;

it('answers at once without an ETag, and with an old one', async () => {
  const { graph, source } = resource();
  const { etag } = await graph.get(undefined, never);
  source.value = link(1);
  graph.refresh();
  expect(await graph.get(etag, never)).toMatchObject({ value: link(1) });
});

it('holds until the graph differs, not until it was merely looked at', async () => {
  const { graph, source } = resource();
  const { etag } = await graph.get(undefined, never);
  const answers: unknown[] = [];
  void graph.get(etag, never).then((answer) => answers.push(answer.value));
  void graph.get(etag, never).then((answer) => answers.push(answer.value));
  graph.refresh();
  await settle();
  expect(answers).toEqual([]);
  source.value = link(7);
  graph.refresh();
  await settle();
  expect(answers).toEqual([link(7), link(7)]);
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
