/** What newer manifests may ask for and this version does not do: said with file and path, never dropped in silence. */
import type { RevisionName } from '@pv/contract/names';
import { describe, expect, it } from 'vitest';
import { problemText } from '../src/problem.ts';
import { parseRevision } from '../src/revision.ts';

const sha = 'a'.repeat(64);

/** Containers `server` and `client`, each with requirements and entries of services.json, and more of the state. */
function parse({ offers = [], needs = [], ...more }: { offers?: readonly object[]; needs?: readonly object[] } & Record<string, unknown>) {
  const container = (name: string, required: readonly object[]) => ({
    [`${name}/run.json`]: { name, type: 'lxc', config: 'lxc.container.conf', 'root-volume': 'root.squashfs', group: 'app', services: { required } },
    [`${name}/lxc.container.conf`]: sha, [`${name}/root.squashfs`]: sha,
  });
  const services = offers.length === 0 ? {} : { 'server/services.json': { '#spec': 'service-manifest-xconnect@2', services: offers } };
  const state = { '#spec': 'pantavisor-service-system@1', ...container('server', []), ...container('client', needs), ...services, ...more };
  const result = parseRevision({ name: '0' as RevisionName, text: JSON.stringify(state), goalsTimeout: 30, hostedBus: true });
  return result.kind === 'ok' ? { warnings: result.warnings.map(problemText) } : { problems: result.problems.map(problemText) };
}

const types = '"rest", "dbus", "unix", "drm", "wayland", "input"';

describe('D-Bus activation', () => {
  const owns = { type: 'dbus', owns: 'org.pantavisor.Example', role: 'server', allow: ['operator'] };

  it('7.1-15 on demand is warned of', () => {
    const { warnings = [] } = parse({ offers: [{ ...owns, activation: { mode: 'on-demand' } }] });
    expect(warnings).toContain("server/services.json: $.services[0].activation.mode: 'on-demand' is not offered: no call starts this container; it is started as its status goal says");
  });

  it('7.1-15 in no mode, or the one that is always on, is nothing to warn of', () => {
    for (const activation of [{}, { mode: 'always' }]) expect(parse({ offers: [{ ...owns, activation }] }).warnings?.join()).not.toContain('activation');
  });

  it('7.1-15 in another form is refused, and on another kind of service an unknown key', () => {
    expect(parse({ offers: [{ ...owns, activation: { mode: 'sometimes' } }] }).problems).toEqual(['server/services.json: $.services[0].activation.mode: must be one of "always", "on-demand"']);
    expect(parse({ offers: [{ name: 'raw', type: 'unix', socket: '/s', activation: { mode: 'on-demand' } }] }).warnings).toEqual(['server/services.json: $.services[0].activation: unknown key, ignored']);
  });
});

describe('services over TCP', () => {
  it.each([['tcp'], ['http']])('7.1-16 an export of the type %s is refused', (type) => {
    expect(parse({ offers: [{ name: 'hello', type, port: 80 }] }).problems).toContain(`server/services.json: $.services[0].type: must be one of ${types}`);
  });

  it('7.1-16 a requirement of the type tcp is refused', () => {
    expect(parse({ offers: [{ name: 'hello', type: 'unix', socket: '/s' }], needs: [{ name: 'hello', type: 'tcp', target: '/t' }] }).problems).toContain(`client/run.json: $.services.required[0].type: must be one of ${types}`);
  });

  it('7.1-16 a port beside a socket is an unknown key, and needs no network of anybody', () => {
    expect(parse({ offers: [{ name: 'raw', type: 'unix', socket: '/s', port: 80 }], needs: [{ name: 'raw', target: '/t' }] })).toEqual({ warnings: ['server/services.json: $.services[0].port: unknown key, ignored'] });
  });
});

describe('ingress', () => {
  const rule = { name: 'ssh', type: 'tcp', external: '0.0.0.0:2222', provider: 'server', service: 'raw' };

  it.each([['rules', [rule]], ['anything else', {}]])('7.1-17 with %s is refused', (_what, ingress) => {
    expect(parse({ 'device.json': { ingress } }).problems).toEqual(['device.json: $.ingress: ingress is not offered: no port of the device leads to a service; remove it']);
  });

  it('7.1-17 without a rule is nothing', () => expect(parse({ 'device.json': { ingress: [] } })).toEqual({ warnings: [] }));

  it('7.1-17 EXTERNAL is no role that a consumer or a provider may name', () => {
    const problem = expect.stringContaining('is not a role') as string;
    expect(parse({ offers: [{ name: 'raw', type: 'unix', socket: '/s' }], needs: [{ name: 'raw', role: 'EXTERNAL', target: '/t' }] }).problems).toEqual([problem]);
    expect(parse({ offers: [{ name: 'raw', type: 'unix', socket: '/s', roles: ['EXTERNAL'] }] }).problems).toEqual([problem]);
  });
});
