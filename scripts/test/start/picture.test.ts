import { Container } from '@pv/contract/containers';
import { Link } from '@pv/contract/graph';
import { describe, expect, it } from 'vitest';
import { picture } from '../../start/picture.ts';

const container = (name: string, status: string, pid: number, group: string | null = 'app'): Container =>
  Container.parse({ name, group, status, pid, status_goal: 'STARTED', restart_policy: 'container', roles: [], type: pid === 0 ? null : 'lxc' });

const raw = Link.parse({
  type: 'unix', name: 'raw', consumer: 'unix-client', provider: 'unix-server', role: 'client', socket: '/run/example/raw.sock',
  interface: '/run/pv/services/raw.sock', target: '/run/pv/services/raw.sock', consumer_pid: 12, provider_pid: 345,
});

const containers = [container('unix-server', 'STARTED', 345, 'root'), container('unix-client', 'READY', 12), container('data', 'MOUNTED', 0, null)];

describe('the picture', () => {
  it('shows containers and links with lines and arrows', () => {
    expect(`\n${picture({ containers, links: [raw] }, { unicode: true })}`).toBe(`
  ┌─ containers ─────────────────────────────┐
  │ NAME         GROUP  ENGINE  STATUS   PID │
  │ unix-server  root   lxc     STARTED  345 │
  │ unix-client  app    lxc     READY    12  │
  │ data         -      -       MOUNTED  -   │
  └──────────────────────────────────────────┘

  ┌───────────────────────────┐            ┌───────────────────────┐
  │ unix-client               │  unix raw  │ unix-server           │
  │ READY                     │ ─────────▶ │ STARTED               │
  │ /run/pv/services/raw.sock │            │ /run/example/raw.sock │
  └───────────────────────────┘            └───────────────────────┘
`);
  });

  it('does with ASCII', () => {
    const text = picture({ containers, links: [raw] }, { unicode: false });
    expect(text).toMatch(/^[\n -~]*$/);
    expect(text).toContain('| READY                     | ---------> | STARTED               |');
  });

  it('shows a provider that is the host, several links, and none', () => {
    const host = Link.parse({ ...raw, provider: '_pv_', provider_pid: 0 });
    expect(picture({ containers, links: [raw, host] }, { unicode: true }).match(/▶ │ (STARTED|the host) /g)).toEqual(['▶ │ STARTED ', '▶ │ the host ']);
    expect(picture({ containers: [], links: [] }, { unicode: true })).toBe('  ┌─ containers ─────────────────────┐\n  │ NAME  GROUP  ENGINE  STATUS  PID │\n  └──────────────────────────────────┘\n\n  No container is linked to another.\n');
  });
});
