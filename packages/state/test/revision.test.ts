import type { RevisionName } from '@pv/contract/names';
import { describe, expect, it } from 'vitest';
import type { Revision } from '../src/model.ts';
import { declaredLinks, withEnds } from '../src/graph.ts';
import { problemText } from '../src/problem.ts';
import { parseRevision } from '../src/revision.ts';

const sha = 'a'.repeat(64);
const run = (name: string, more: object = {}) => ({
  [`${name}/run.json`]: { name, type: 'lxc', config: 'lxc.container.conf', 'root-volume': 'root.squashfs', ...more },
  [`${name}/lxc.container.conf`]: sha, [`${name}/root.squashfs`]: sha,
});
const parseText = (text: string) => parseRevision({ name: '0' as RevisionName, text, goalsTimeout: 30 });
const parse = (state: object) => parseText(JSON.stringify({ '#spec': 'pantavisor-service-system@1', ...state }));
const revision = (state: object) => {
  const result = parse(state);
  if (result.kind === 'invalid') throw new Error(result.problems.map(problemText).join('\n'));
  return result.revision;
};
const problems = (state: object) => {
  const result = parse(state);
  return result.kind === 'invalid' ? result.problems.map(problemText) : [];
};
const warnings = (state: object) => {
  const result = parse(state);
  return result.kind === 'ok' ? result.warnings.map(problemText) : ['invalid'];
};
const graphOf = (of: Revision, pidOf: (name: string) => number) => withEnds(declaredLinks(of), (name) => ({ pid: pidOf(name), status: 'STARTED', starts: 1 }));
const server = { ...run('server', { group: 'app' }), 'server/services.json': { services: [{ name: 'raw', type: 'unix', socket: '/run/example/raw.sock' }] } };

describe('a state', () => {
  it('may be empty', () => expect(revision({}).containers).toEqual([]));

  it.each([
    ['', 'state: $: not JSON'], ['[]', 'state: $: must be an object'], ['{}', 'state: $["#spec"]: step JSON has no valid #spec key'],
    ['{"#spec":"pantavisor-multi-platform@1"}', '$["#spec"]'], ['{"#spec":"pantavisor-service-system@1","a":1,"a":2}', 'state: $.a: duplicate key'],
    ['{"#spec":"pantavisor-service-system@1","a/run.json":{"name":"a","name":"b"}}', 'state: $["a/run.json"].name: duplicate key'],
    ['{"#spec":"pantavisor-service-system@1",}', 'not JSON'], ['{"#spec":"pantavisor-service-system@1"', 'not JSON'], [`${'['.repeat(5000)}`, 'state: $'],
  ])('%s is refused', (text, message) => {
    const result = parseText(text);
    expect(result.kind === 'invalid' && result.problems.map(problemText).join('\n')).toContain(message);
  });

  it('is refused for keys that leave the trail or mean nothing', () => {
    expect(problems({ '../x/run.json': {}, 'a//b': {}, '.hidden/run.json': {}, 'a/file': 'no hash' })).toEqual([
      expect.stringContaining('$["../x/run.json"]'), expect.stringContaining('$["a//b"]'), expect.stringContaining("'.hidden' is not a container name"),
      expect.stringContaining('$["a/file"]: must be inline JSON or the SHA-256'),
    ]);
  });

  it('tells all defects of a container at once, with their paths', () => {
    const found = problems(run('web', { name: 'other', restart_policy: 'maybe', auto_recovery: { policy: 'always', max_retries: -1, backoff_policy: '5 minutes' }, volumes: ['../x'] })).join('\n');
    for (const path of ['$.restart_policy: must be one of "system", "container"', '$.auto_recovery.max_retries', '$.auto_recovery.backoff_policy: must be "reboot"', '$.volumes[0]: must be a plain file name']) {
      expect(found).toContain(`web/run.json: ${path}`);
    }
  });

  it('warns of a run.json that makes no container, where one could be meant', () => {
    expect(warnings({ ...run('web'), 'apps/deep/run.json': { name: 'deep' }, 'run.json': {}, '_config/web/run.json': { any: 1 }, 'web/etc/run.json': sha })).toEqual([
      "apps/deep/run.json: $: is not at '<container>/run.json', so no container is made of it", "run.json: $: is not at '<container>/run.json', so no container is made of it",
    ]);
  });

  it('knows which containers have files placed over them', () => {
    const overlaid = revision({ ...run('web'), ...run('app'), '_config/web/etc/x': sha, '_config/application/y': sha }).containers.filter(({ hasConfigOverlay: has }) => has);
    expect(overlaid.map(({ name }) => name)).toEqual(['web']);
  });

  it('refuses a name that is not its folder, a missing file, an unknown group, a missing engine', () => {
    expect(problems(run('web', { name: 'app' }))).toContain("web/run.json: $.name: must be the name of its folder, 'web'");
    expect(problems({ 'web/run.json': run('web')['web/run.json'] })).toHaveLength(2);
    expect(problems(run('web', { group: 'nope' }))[0]).toContain("web/run.json: $.group: could not find group 'nope'; there are data, root, platform, app");
    expect(problems({ 'web/run.json': { name: 'web' } })[0]).toContain('web/run.json: $.type: is missing');
  });

  it('names the volume whose file system is not known, where it is', () => {
    const volumes = { 'root-volume': 'root.img', volumes: ['a.squashfs', 'b'] };
    expect(problems({ ...run('web', volumes), 'web/root.img': sha, 'web/a.squashfs': sha, 'web/b': sha })).toEqual([
      `web/run.json: $["root-volume"]: 'root.img' must end in .squashfs, .erofs or .ext4, which names its file system`,
      "web/run.json: $.volumes[1]: 'b' must end in .squashfs, .erofs or .ext4, which names its file system",
    ]);
  });

  it('refuses a key whose parts no file can have as a name, counted in bytes', () => {
    expect(problems({ [`a/${'é'.repeat(127)}`]: sha })).toEqual([]);
    expect(problems({ [`a/${'é'.repeat(128)}`]: sha })[0]).toContain('is not a relative, normalised path');
  });

  it('refuses a device.json that is no object, and warns of what it has beyond groups', () => {
    for (const device of [[], sha, 1]) expect(problems({ 'device.json': device })).toContain('device.json: $: must be an object');
    expect(warnings({ 'device.json': { '#spec': 'x', disks: [], 'network': {} } })).toEqual(['device.json: $.disks: unknown key, ignored', 'device.json: $.network: unknown key, ignored']);
  });

  it('ignores an unknown key with a warning that names it', () => {
    expect(warnings(run('web', { groop: 'app' }))).toEqual(['web/run.json: $.groop: unknown key, ignored']);
  });

  it('warns of what it does not do, where a container asks for it', () => {
    const asked = { network: { pool: 'internal' }, logs: [{ lxc: 'lxc.log' }, { file: '/var/log/app' }], drivers: { required: ['wifi'] }, exports: ['/run/x'], remount: { '/': 'ro' }, 'dev-log': true };
    expect(warnings(run('web', asked))).toEqual(['.network', '.logs', '.drivers', '.exports', '.remount', '["dev-log"]'].map((path) => `web/run.json: $${path}: not in this version, ignored`));
    const rendered = { network: {}, logs: [{ lxc: 'enable' }, { console: 'enable' }], drivers: { required: [], optional: [], manual: [] }, exports: [], remount: null, 'dev-log': false };
    expect(warnings(run('web', rendered))).toEqual([]);
  });
});

describe('groups', () => {
  it('are the built-in four, and the first ungrouped container is the root', () => {
    const { groups, containers } = revision({ ...run('b'), ...run('a'), ...run('z', { group: 'app' }) });
    expect(groups.map(({ name }) => name)).toEqual(['data', 'root', 'platform', 'app']);
    expect(containers.map(({ name, group }) => [name, group])).toEqual([['b', 'root'], ['a', 'platform'], ['z', 'app']]);
  });

  it('give what a container leaves open; its own word wins, also "no"', () => {
    const { containers } = revision({ ...run('a', { group: 'app' }), ...run('b', { group: 'app', PV_AUTO_RECOVERY: { policy: 'no' } }), ...run('c', { group: 'root' }) });
    const [c, a, b] = containers;
    expect(a).toMatchObject({ restartPolicy: 'container', statusGoal: 'STARTED', recovery: { policy: 'on-failure', maxRetries: 5, retryDelay: 5, backoffFactor: 2, backoffPolicy: 'reboot' } });
    expect(b?.recovery.policy).toBe('no');
    expect(c).toMatchObject({ restartPolicy: 'system', recovery: { policy: 'no' } });
  });

  it('come from device.json, nested objects anywhere', () => {
    const device = { groups: [{ name: 'one', auto_recovery: { policy: 'always', retry_delay: 1 } }, { name: 'two', timeout: 7, status_goal: 'READY' }], disks: [{ name: 'x', aliases: ['groups'] }] };
    const { groups, containers } = revision({ 'device.json': device, ...run('a') });
    expect(groups).toMatchObject([{ name: 'one', timeout: 30, recovery: { policy: 'always' } }, { name: 'two', timeout: 7, statusGoal: 'READY', restartPolicy: 'container' }]);
    expect(containers[0]?.group).toBe('two');
    expect(problems({ 'device.json': { groups: [] } })[0]).toContain('device.json: $.groups: must have at least one group');
    expect(problems({ 'groups.json': [{ name: 'x' }, { name: 'x' }] })[0]).toContain("groups.json: $[1].name: group 'x' is defined twice");
  });

  it('refuse both spellings of auto_recovery at once', () => {
    expect(problems(run('a', { auto_recovery: { policy: 'always' }, PV_AUTO_RECOVERY: { policy: 'always' } }))[0]).toContain('keep one of the two');
  });
});

describe('services', () => {
  const graph = (client: object, more: object = {}) => graphOf(revision({ ...run('client', { group: 'app', ...client }), ...server, ...more }), (name) => (name === 'server' ? 5678 : 1234));
  const expected = {
    type: 'unix', name: 'raw', consumer: 'client', provider: 'server', role: 'client', socket: '/run/example/raw.sock', interface: '/run/pv/raw.sock', target: '/run/pv/raw.sock', consumer_pid: 1234, provider_pid: 5678,
    consumer_state: 'STARTED', consumer_generation: 1, provider_state: 'STARTED', provider_generation: 1,
  };

  it.each([
    ['services.required', { services: { required: [{ name: 'raw', target: '/run/pv/raw.sock' }] } }],
    ['services.optional', { services: { optional: [{ name: 'raw', target: '/run/pv/raw.sock' }] } }],
    ['services as an array', { services: [{ name: 'raw', target: '/run/pv/raw.sock' }] }],
    ['PV_SERVICES_REQUIRED', { PV_SERVICES_REQUIRED: [{ name: 'raw', type: 'unix', target: '/run/pv/raw.sock' }] }],
    ['socket for target', { services: { required: [{ name: 'raw', socket: '/run/pv/raw.sock' }] } }],
    ['interface as target, an old form', { services: { required: [{ name: 'raw', interface: '/run/pv/raw.sock' }] } }],
  ])('%s make a link', (_title, client) => expect(graph(client)).toEqual([expected]));

  it('are required by services.json of the consumer when the entry names a provider', () => {
    const entry = { type: 'unix', name: 'raw', provider: 'server', socket: '/run/pv/raw.sock' };
    expect(graph({}, { 'client/services.json': { services: [entry] } })).toEqual([expected]);
    expect(graph({}, { 'client/services.json': [entry] })).toEqual([expected]);
  });

  it('keep a protocol identifier apart from the target', () => {
    expect(graph({ services: [{ name: 'raw', interface: 'org.example.X', target: '/run/pv/raw.sock', role: 'operator' }] })).toEqual([{ ...expected, interface: 'org.example.X', role: 'operator' }]);
  });

  it('do not depend on the order of the document', () => {
    expect(graphOf(revision({ 'server/services.json': server['server/services.json'], ...run('client', { services: [{ name: 'raw', target: '/t/x' }] }), ...run('server') }), () => 0)).toHaveLength(1);
  });

  it.each([
    ['7.1-9 a missing provider', { services: [{ name: 'nope', target: '/t' }] }, {}, "client/run.json: $.services[0]: required service 'nope' for platform 'client' not found"],
    ['a missing target', { services: [{ name: 'raw' }] }, {}, '$.services[0]: service \'raw\' needs "target"'],
    ['a target that is null', { services: [{ name: 'raw', target: null }] }, {}, '$.services[0].target: must be a string'],
    ['a name alone', { services: ['raw'] }, {}, '$.services[0]: service \'raw\' needs "target"'],
    ['7.2-12 a relative target', { services: [{ name: 'raw', target: 'run/x' }] }, {}, '$.services[0].target: is not an absolute, normalised path'],
    ['7.2-12 a target with ..', { services: [{ name: 'raw', target: '/run/../etc/x' }] }, {}, '$.services[0].target: is not an absolute, normalised path'],
    ['7.2-8 7.2-12 one target twice', { services: [{ name: 'raw', target: '/t' }, { name: 'raw', target: '/t' }] }, {}, "$.services[1].target: '/t' is the target of another service"],
    ['another type', { services: [{ name: 'raw', type: 'rest', target: '/t' }] }, {}, "$.services[0].type: 'rest' is asked for, but 'server' exports 'raw' as 'unix'"],
    ['7.2-5 a role with a line break', { services: [{ name: 'raw', role: 'a\r\nX-PV-Role: root', target: '/t' }] }, {}, '$.services[0].role: is not a role'],
    ['7.2-18 two providers of one name', { services: [{ name: 'raw', target: '/t' }] }, { ...run('other'), 'other/services.json': [{ name: 'raw', type: 'unix', socket: '/s' }] }, 'say which with "provider"'],
    ['a role the provider refuses', { services: [{ name: 'lim', role: 'guest', target: '/t' }] }, { ...run('strict'), 'strict/services.json': [{ name: 'lim', type: 'unix', socket: '/s', roles: ['admin'] }] }, "does not accept the role 'guest'"],
    ['a consumer the provider refuses', { services: [{ name: 'lim', target: '/t' }] }, { ...run('strict'), 'strict/services.json': [{ name: 'lim', type: 'unix', socket: '/s', consumers: ['web'] }] }, "does not accept 'client' as a consumer"],
    ['services of nobody', {}, { 'ghost/services.json': [{ name: 'x', type: 'unix', socket: '/s' }] }, "ghost/services.json: $: there is no 'ghost/run.json'"],
    ['services that are a text', {}, { 'client/services.json': 'services' }, 'state: $["client/services.json"]: must be inline JSON'],
    ['services that are no list', {}, { 'client/services.json': { service: [] } }, 'client/services.json: $: must be an array of services'],
    ['an unknown type', {}, { 'client/services.json': [{ name: 'x', type: 'tcp', socket: '/s' }] }, '$[0].type: must be one of "rest", "dbus"'],
  ])('%s is refused with file and path', (_title, client, more, message) => {
    expect(problems({ ...run('client', client), ...server, ...more }).join('\n')).toContain(message);
  });

  it('that are an empty list are warned of', () => {
    for (const [services, path] of [[[], '$'], [{ services: [] }, '$.services']] as const) {
      expect(warnings({ ...run('client'), 'client/services.json': services })).toEqual([`client/services.json: ${path}: is empty, so it offers nothing and needs nothing`]);
    }
  });

  it('have the role of their own key, whatever else says role, and a word is no key', () => {
    const odd = { meta: { role: 'root' }, x: 'role', name: 'raw', role: 'nobody', target: '/t' };
    expect(graph({ services: [odd] })).toMatchObject([{ role: 'nobody' }]);
    expect(warnings({ ...run('client', { services: [odd] }), ...server })).toEqual(['client/run.json: $.services[0].meta: unknown key, ignored', 'client/run.json: $.services[0].x: unknown key, ignored']);
  });

  it('accept every role with "any", and an optional service without a provider makes no link', () => {
    const strict = { ...run('strict'), 'strict/services.json': [{ name: 'lim', type: 'unix', socket: '/s', roles: ['any'] }] };
    expect(graph({ services: { required: [{ name: 'lim', role: 'guest', target: '/t' }], optional: [{ name: 'nope', target: '/u' }] } }, strict)).toHaveLength(1);
  });
});

describe('a WebAssembly container', () => {
  const wasm = (more: object, files: readonly string[]) => ({ 'web/run.json': { name: 'web', ...more }, ...Object.fromEntries(files.map((file) => [`web/${file}`, sha])) });

  it.each([
    ['the usual name', { type: 'wasmedge' }, ['app.wasm'], { module: 'app.wasm', config: null }],
    ['the shorter type', { type: 'wasm' }, ['app.wasm'], { module: 'app.wasm', config: null }],
    ['the root volume', { type: 'wasmedge', 'root-volume': 'web.wasm' }, ['web.wasm'], { module: 'web.wasm', config: null }],
    ['in place of a configuration', { type: 'wasmedge', config: 'web.wasm' }, ['web.wasm'], { module: 'web.wasm', config: null }],
    ['beside a configuration', { type: 'wasmedge', config: 'wasmedge.json' }, ['app.wasm', 'wasmedge.json'], { module: 'app.wasm', config: 'wasmedge.json' }],
  ])('has its module by %s', (_title, more, files, model) => {
    expect(revision(wasm(more, files)).containers).toMatchObject([{ type: 'wasmedge', volumes: [], ...model }]);
  });

  it('without its module is refused', () => {
    expect(problems(wasm({ type: 'wasmedge' }, []))).toEqual(["web/run.json: $: names 'app.wasm', but the state has no 'web/app.wasm'"]);
  });
});
