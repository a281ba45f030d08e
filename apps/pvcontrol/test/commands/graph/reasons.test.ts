import { describe, expect, it } from 'vitest';
import { checkLink, type MeshView } from '../../../src/commands/graph/reasons.ts';
import { container, explanation, link } from '../../kit/mesh.ts';

const both = [container('c'), container('p')];
const established: MeshView = { kind: 'links', links: [link()] };
const verdicts = (...asked: Parameters<typeof checkLink>): string[] => checkLink(...asked).map(({ check, verdict }) => `${check} ${verdict}`);
const failing = (...asked: Parameters<typeof checkLink>) => checkLink(...asked).filter(({ verdict }) => verdict !== 'yes');

it('finds nothing wrong with a link that works', () => {
  expect(verdicts(explanation(), both, established)).toEqual(['consumer yes', 'requirement yes', 'provider yes', 'consent yes', 'running yes', 'running yes', 'link yes']);
});

it('knows that the host runs', () => {
  const bus = explanation({ service: 'system-bus', offers: [{ provider: '_pv_', type: 'dbus', socket: '/run/bus' }] });
  expect(verdicts(bus, [container('c')], { kind: 'links', links: [link({ provider: '_pv_' })] })).toEqual(['consumer yes', 'requirement yes', 'provider yes', 'consent yes', 'running yes', 'link yes']);
});

describe('says what is missing, and what to do', () => {
  it.each([
    ['no such container', { consumer_exists: false, requirements: [] }, both, established, 'there is no container c in the running revision', 'pvcontrol ls'],
    ['no provider', { offers: [] }, both, established, 'no container offers raw', 'services.json exports it'],
    ['another provider', { requirements: [{ ...explanation().requirements[0], provider: 'z' }] }, both, established, 'z does not offer raw; p does', 'Change "provider"'],
    ['a consumer that is down', {}, [container('c', { pid: 0, status: 'STOPPED' }), container('p')], established, 'c does not run: it is STOPPED', 'pvcontrol containers start c'],
    ['a system provider that is down', {}, [container('c'), container('p', { pid: 0, status: 'RECOVERING', restart_policy: 'system' })], established, 'p does not run: it is RECOVERING', 'console log'],
    ['a link that failed', {}, both, { kind: 'links', links: [link({ state: 'failed', reason: 'Read-only file system', last_error: 'Broken pipe' })] }, 'failed: Read-only file system, since 2026-01-02T03:04:05.678Z; last error: Broken pipe', 'mesh.md'],
    ['a link that is not there yet', {}, both, { kind: 'links', links: [link({ target: '/other' })] }, 'pv-xconnect does not have it yet', 'Try again'],
    ['a mesh that is away', {}, both, { kind: 'away', reason: 'pv-xconnect does not answer', hint: 'Start it' }, 'pv-xconnect does not answer', 'Start it'],
  ] as const)('%s', (_what, more, containers, mesh, text, hint) => {
    expect(failing(explanation(more), containers, mesh)).toEqual([expect.objectContaining({ text, hint: expect.stringContaining(hint) as unknown })]);
  });

  it('what would stand in the way of a requirement that is not there', () => {
    expect(failing(explanation({ requirements: [], offers: [{ provider: 'p', type: 'unix', socket: '/run/s', consumers: ['other'], roles: ['admin', 'any'] }] }), both, established)).toEqual([
      { check: 'requirement', verdict: 'no', text: 'c does not require raw', hint: expect.stringContaining('services.required of c/run.json') as unknown },
      { check: 'consent', verdict: 'no', text: "'p' does not accept 'c' as a consumer of 'raw'", hint: 'Add it to "consumers" of p/services.json, in a new revision' },
    ]);
  });
});

it('looks at each requirement of the service', () => {
  const [one] = explanation().requirements;
  const two = explanation({ requirements: [one, { ...one, target: '/run/u', role: 'admin' }] });
  expect(failing(two, both, { kind: 'links', links: [link(), link({ target: '/run/u', state: 'waiting', reason: 'container p does not run' })] })).toHaveLength(1);
});
