import { expect, it } from 'vitest';
import { changeLine, linkChanges } from '../../../src/commands/graph/changes.ts';
import { link } from '../../kit/mesh.ts';

const before = link();
const failed = link({ state: 'failed', reason: 'x: Read-only file system', since: '2026-01-02T03:04:06.000Z' });

it('tells of what is new, changed and gone', () => {
  expect(linkChanges([], [before])).toEqual([{ consumer: 'c', provider: 'p', name: 'raw', target: '/run/t', state: 'established', since: before.since }]);
  expect(linkChanges([before], [failed])).toEqual([{ consumer: 'c', provider: 'p', name: 'raw', target: '/run/t', state: 'failed', reason: 'x: Read-only file system', since: failed.since, was: 'established' }]);
  expect(linkChanges([before], [])).toEqual([{ consumer: 'c', provider: 'p', name: 'raw', target: '/run/t', state: 'gone', was: 'established' }]);
});

it('is silent about counters and pids', () => {
  expect(linkChanges([before], [link({ sessions: 3, accepted: 9, consumer_pid: 99, last_error: 'x' })])).toEqual([]);
});

it('tells of a link that was away between two looks, and of one that has another provider', () => {
  expect(linkChanges([before], [link({ since: '2026-01-02T03:05:00.000Z' })])).toHaveLength(1);
  expect(linkChanges([before], [link({ provider: 'q' })])).toHaveLength(1);
});

it('is a line', () => {
  const lines = (from: readonly (typeof before)[], to: readonly (typeof before)[]): string[] => linkChanges(from, to).map(changeLine);
  expect(lines([], [before])).toEqual(['2026-01-02T03:04:05.678Z  c -> p/raw at /run/t: established']);
  expect(lines([before], [failed])).toEqual(['2026-01-02T03:04:06.000Z  c -> p/raw at /run/t: established -> failed: x: Read-only file system']);
  expect(lines([before], [])).toEqual(['c -> p/raw at /run/t: established -> gone']);
});
