import { LinkExplanation } from '@pv/contract/explain';
import { Graph } from '@pv/contract/graph';
import type { ContainerName, RevisionName, ServiceName } from '@pv/contract/names';
import { describe, expect, it } from 'vitest';
import { explainLink } from '../src/explain.ts';
import { declaredLinks, withEnds } from '../src/graph.ts';
import { problemText } from '../src/problem.ts';
import { parseRevision } from '../src/revision.ts';

const sha = 'a'.repeat(64);
const container = (name: string, requires: readonly object[] = [], exports: readonly object[] = []) => ({
  [`${name}/run.json`]: { name, type: 'lxc', config: 'c', 'root-volume': 'r.squashfs', group: 'app', services: { required: requires } },
  [`${name}/c`]: sha, [`${name}/r.squashfs`]: sha, [`${name}/services.json`]: { services: exports },
});
const revision = (state: object) => {
  const result = parseRevision({ name: '0' as RevisionName, text: JSON.stringify({ '#spec': 'pantavisor-service-system@1', ...state }), goalsTimeout: 30 });
  if (result.kind === 'invalid') throw new Error(result.problems.map(problemText).join('\n'));
  return result.revision;
};
const raw = { name: 'raw', type: 'unix', socket: '/run/s' };
const explain = (state: object, consumer: string, service: string) => explainLink(revision(state), consumer as ContainerName, service as ServiceName);

describe('a link', () => {
  it('carries whom the provider lets in, as the manifest says it', () => {
    const links = declaredLinks(revision({ ...container('p', [], [{ ...raw, roles: ['admin', 'any'], consumers: ['c'] }]), ...container('c', [{ name: 'raw', target: '/t' }]) }));
    expect(links).toEqual([expect.objectContaining({ consumer: 'c', provider: 'p', roles: ['admin', 'any'], consumers: ['c'] })]);
    const [open] = declaredLinks(revision({ ...container('p', [], [raw]), ...container('c', [{ name: 'raw', target: '/t' }]) }));
    expect([open && 'roles' in open, open && 'consumers' in open]).toEqual([false, false]);
  });

  it('carries what a compositor trusts and hides, which only a compositor may', () => {
    const stated = (type: string) => ({ ...container('p', [], [{ ...raw, type, trusted: true, hide: ['wl_seat'] }]), ...container('c', [{ name: 'raw', target: '/t' }]) });
    expect(declaredLinks(revision(stated('wayland')))).toEqual([expect.objectContaining({ trusted: true, hide: ['wl_seat'] })]);
    expect(() => revision(stated('unix'))).toThrow("$.services[0].trusted: has no meaning for a service of type 'unix', only for: wayland");
  });
});

it('a graph has pid, state and generation of each container, and nothing of that of the host, whose pid is 0', () => {
  const links = declaredLinks(revision({ ...container('p', [], [raw]), ...container('c', [{ name: 'raw', target: '/t' }]) }));
  const end = { pid: 0, status: 'STOPPED', starts: 3 } as const;
  const [link] = withEnds(links, (name) => (name === 'c' ? end : undefined));
  expect(link).toMatchObject({ consumer_pid: 0, consumer_state: 'STOPPED', consumer_generation: 3, provider_pid: 0 });
  expect(Object.keys(link ?? {}).filter((key) => key.startsWith('provider'))).toEqual(['provider', 'provider_pid']);
});

describe('an explanation', () => {
  const state = { ...container('p', [], [{ ...raw, roles: ['client'] }]), ...container('q', [], [{ ...raw, socket: '/run/q' }]), ...container('c', [{ name: 'raw', provider: 'p', type: 'unix', target: '/t' }]), ...container('d') };

  it('has the requirements with their place, and every offer with its lists', () => {
    const found = explain(state, 'c', 'raw');
    expect(found).toEqual({
      consumer: 'c', service: 'raw', consumer_exists: true,
      requirements: [{ role: 'client', target: '/t', required: true, type: 'unix', provider: 'p', file: 'c/run.json', path: '$.services.required[0]' }],
      offers: [{ provider: 'p', type: 'unix', socket: '/run/s', roles: ['client'] }, { provider: 'q', type: 'unix', socket: '/run/q' }],
    });
    expect(LinkExplanation.safeParse(found).success).toBe(true);
  });

  it("has the host's bus when there is one", () => {
    const found = explainLink(revision(container('c')), 'c' as ContainerName, 'system-bus' as ServiceName, { socket: '/run/bus' });
    expect(found.offers).toEqual([{ provider: '_pv_', type: 'dbus', socket: '/run/bus' }]);
    expect(LinkExplanation.safeParse(found).success).toBe(true);
  });

  it('has nothing for what nobody declares', () => {
    expect(explain(state, 'd', 'raw')).toMatchObject({ consumer_exists: true, requirements: [], offers: [{ provider: 'p' }, { provider: 'q' }] });
    expect(explain(state, 'nobody', 'nothing')).toMatchObject({ consumer_exists: false, requirements: [], offers: [] });
  });
});

it('5,000 links of 2,500 containers are one graph, each with its own provider, and well below the cap of an answer', () => {
  const [providers, each] = [50, 100];
  const state = Object.assign({}, ...Array.from({ length: providers }, (_, p) => container(`p${p}`, [], Array.from({ length: each }, (_none, s) => ({ ...raw, name: `s${p}-${s}`, socket: `/run/${s}` })))),
    ...Array.from({ length: 2_450 }, (_, c) => container(`c${c}`, [0, 1].map((n) => ({ name: `s${c % providers}-${(c + n) % each}`, target: `/t${n}` })))),
    container('many', Array.from({ length: 100 }, (_, n) => ({ name: `s7-${n}`, target: `/t${n}` })))) as object;
  const graph = withEnds(declaredLinks(revision(state)), (name) => ({ pid: Number(name.slice(1)) || 1, status: 'STARTED', starts: 1 }));
  expect(graph).toHaveLength(5_000);
  expect(Graph.safeParse(graph).success).toBe(true);
  for (const { name, provider, provider_pid: pid } of graph) expect([provider, pid]).toEqual([`p${/^s(\d+)-/.exec(name)?.[1] ?? ''}`, Number(provider.slice(1)) || 1]);
});
