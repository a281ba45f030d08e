/** Links, containers and explanations for tests. */
import type { Container } from '@pv/contract/containers';
import type { LinkExplanation } from '@pv/contract/explain';
import type { LinkStatus } from '@pv/contract/graph';

type Loose<T> = { [K in keyof T]?: unknown };

export function link(more: Loose<LinkStatus> = {}): LinkStatus {
  return {
    type: 'unix', name: 'raw', consumer: 'c', provider: 'p', role: 'client', socket: '/run/s', interface: '/run/t', target: '/run/t', consumer_pid: 5, provider_pid: 6,
    state: 'established', since: '2026-01-02T03:04:05.678Z', sessions: 0, accepted: 0, bytes_to_provider: 0, bytes_to_consumer: 0, descriptors: 0, refused: 0, ...more,
  } as LinkStatus;
}

export const mesh = [
  link({ sessions: 1, accepted: 17, bytes_to_provider: 999, bytes_to_consumer: 1_234_567, descriptors: 3, refused: 2, last_error: 'Broken pipe' }),
  link({ consumer: 'other', role: 'admin', target: '/run/o', state: 'waiting', reason: 'container other does not run', consumer_pid: 0 }),
  link({ name: 'api', type: 'rest', target: '/run/api', socket: '/run/a', state: 'failed', reason: '/run/api: Read-only file system' }),
  link({ name: 'bus', type: 'dbus', provider: 'q', target: '/run/b', socket: '/run/q' }),
  link({ name: 'screen', type: 'wayland', provider: 'q', target: '/run/w', socket: '/run/w', sandboxed: true, descriptors: 1 }),
  link({ name: 'screen', type: 'wayland', consumer: 'other', provider: 'q', target: '/run/w', socket: '/run/w', sandboxed: false }),
];

export function container(name: string, more: Loose<Container> = {}): Container {
  return { name, group: 'app', status: 'STARTED', status_goal: 'STARTED', restart_policy: 'container', roles: [], type: 'lxc', pid: 7, ...more } as Container;
}

export function explanation(more: Loose<LinkExplanation> = {}): LinkExplanation {
  return {
    consumer: 'c', service: 'raw', consumer_exists: true,
    requirements: [{ role: 'client', target: '/run/t', required: true, file: 'c/run.json', path: '$.services.required[0]' }],
    offers: [{ provider: 'p', type: 'unix', socket: '/run/s' }], ...more,
  } as LinkExplanation;
}
