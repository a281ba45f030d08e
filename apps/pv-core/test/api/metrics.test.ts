import { join } from 'node:path';
import type { Daemon } from '@pv/contract/daemons';
import type { LinkStatus } from '@pv/contract/graph';
import { expect, it } from 'vitest';
import { type Measured, metricsText } from '../../src/api/metrics.ts';

const link = {
  type: 'unix', name: 'raw', consumer: 'c', provider: 'p', role: 'client', socket: '/run/s', interface: '/run/t', target: '/run/t', consumer_pid: 5, provider_pid: 6,
  state: 'established', since: '2026-01-02T03:04:05.678Z', sessions: 2, accepted: 17, bytes_to_provider: 999, bytes_to_consumer: 5_000_000_000, descriptors: 3, refused: 4,
} as unknown as LinkStatus;
const measured: Measured = {
  containers: [
    { name: 'c', group: 'app', status: 'STARTED', pid: 5, starts: 3, retries: 1 },
    { name: 'p', group: 'root', status: 'STOPPED', pid: 0, starts: 1, retries: undefined },
  ],
  daemons: [{ name: 'pv-ctrl', pid: 7, respawn: true }, { name: 'pv-xconnect', pid: -1, respawn: false }] as Daemon[],
  links: [link],
};

it('has containers, daemons and links', () => expect(metricsText(measured)).toMatchFileSnapshot(join(import.meta.dirname, 'golden/metrics.txt')));

it('says that the mesh is away instead of reporting old figures', () => {
  const text = metricsText({ ...measured, links: undefined });
  expect(text).toContain('pv_mesh_up 0\n');
  expect(text).not.toContain('pv_mesh_link');
});

it('keeps to the format: each line a comment or a sample, each sample once, families together', () => {
  const text = metricsText({ ...measured, links: [link, { ...link, target: '/run/other' } as LinkStatus, { ...link, name: 'a"b\\c\nd', type: 'rest' } as unknown as LinkStatus] });
  const lines = text.split('\n').slice(0, -1);
  expect(text.endsWith('\n')).toBe(true);
  for (const line of lines) expect(line).toMatch(/^(?:# (?:HELP|TYPE) \w+ .+|[a-z_]+(?:\{[a-z]+="(?:[^"\\\n]|\\[\\"n])*"(?:,[a-z]+="(?:[^"\\\n]|\\[\\"n])*")*\})? \d+)$/);
  const samples = lines.filter((line) => !line.startsWith('#'));
  expect(new Set(samples.map((line) => line.slice(0, line.lastIndexOf(' ')))).size).toBe(samples.length);
  const families = lines.map((line) => /^(?:# \w+ )?(\w+)/.exec(line)?.[1]);
  expect(families.filter((family, index) => family !== families[index - 1])).toHaveLength(new Set(families).size);
  expect(text).toContain('name="a\\"b\\\\c\\nd"');
});
