import type { RevisionName, Role } from '@pv/contract/names';
import { describe, expect, it } from 'vitest';
import { allocateUids, readRoleUids, roleUidsText } from '../src/bus-uids.ts';
import { declaredLinks } from '../src/graph.ts';
import { busRoles } from '../src/hosted-bus.ts';
import { problemText } from '../src/problem.ts';
import { parseRevision } from '../src/revision.ts';

const sha = 'a'.repeat(64);
/** A container with requirements and entries of services.json. */
const container = (name: string, requires: readonly object[], services: readonly object[] = []) => ({
  [`${name}/run.json`]: { name, type: 'lxc', config: 'lxc.container.conf', 'root-volume': 'root.squashfs', services: { required: requires } },
  [`${name}/lxc.container.conf`]: sha, [`${name}/root.squashfs`]: sha,
  ...(services.length === 0 ? {} : { [`${name}/services.json`]: { services } }),
});
const target = '/run/dbus/system_bus_socket';
const bus = (role?: string, more: object = {}) => ({ name: 'system-bus', target, ...(role === undefined ? {} : { role }), ...more });
const owns = (name: string, more: object = {}) => ({ type: 'dbus', owns: name, role: 'example-service', allow: ['operator'], ...more });
const server = container('server', [bus('example-service')], [owns('org.pantavisor.Example')]);

const parse = (state: object, hostedBus = true) => parseRevision({ name: '0' as RevisionName, text: JSON.stringify({ '#spec': 'pantavisor-service-system@1', ...state }), goalsTimeout: 30, hostedBus });
const problems = (state: object, hostedBus = true) => {
  const result = parse(state, hostedBus);
  return result.kind === 'invalid' ? result.problems.map(problemText) : [];
};
const accepted = (state: object, hostedBus = true) => {
  const result = parse(state, hostedBus);
  if (result.kind === 'invalid') throw new Error(result.problems.map(problemText).join('\n'));
  return { ...result, warnings: result.warnings.map(problemText) };
};

describe('the hosted bus in a state', () => {
  it('satisfies a requirement, which becomes a link from the host with the uid of its role', () => {
    const { revision, warnings } = accepted({ ...server, ...container('client', [bus('operator', { type: 'dbus', interface: 'org.pantavisor.Example' })]) });
    expect(warnings).toEqual([]);
    expect(busRoles(revision.containers)).toEqual(['example-service', 'operator']);
    const uids = new Map([['example-service', 90_000], ['operator', 90_001]] as [Role, number][]);
    expect(declaredLinks(revision, { socket: '/run/pv/dbus/system_bus_socket', uids })[1]).toEqual({
      type: 'dbus', name: 'system-bus', consumer: 'client', provider: '_pv_', role: 'operator', socket: '/run/pv/dbus/system_bus_socket',
      interface: 'org.pantavisor.Example', target, uid: 90_001,
    });
    expect(declaredLinks(revision)).toEqual([]);
  });

  it('gives a requirement without a role and one with "any" the same identity', () => {
    const { revision } = accepted({ ...container('one', [bus()]), ...container('two', [bus('any')]) });
    expect(busRoles(revision.containers)).toEqual(['client']);
    const uids = new Map([['client', 90_007]] as [Role, number][]);
    expect(declaredLinks(revision, { socket: '/s', uids }).map(({ role, uid }) => [role, uid])).toEqual([['client', 90_007], ['client', 90_007]]);
  });

  it('has roles that only a rule names, but none called any', () => {
    const { revision } = accepted(container('server', [bus('example-service')], [owns('org.a.B', { allow: ['any', 'monitor', 'monitor'] })]));
    expect(busRoles(revision.containers)).toEqual(['example-service', 'monitor']);
  });

  it('7.1-14 refuses an export named system-bus, with a way out', () => {
    const state = container('stock', [], [{ name: 'system-bus', type: 'dbus', socket: target }]);
    expect(problems(state)).toEqual([expect.stringContaining("exports reserved service name 'system-bus' while the hosted system bus is enabled; rename the service, or switch the hosted bus off (PV_XCONNECT_DBUS_SYSTEMBUS_ENABLED=0)")]);
    expect(problems(state, false)).toEqual([]);
  });

  it.each([
    ['in two containers', { ...server, ...container('other', [], [owns('org.pantavisor.Example', { role: 'other' })]) }],
    ['twice in one', container('server', [bus('example-service')], [owns('org.pantavisor.Example'), owns('org.pantavisor.Example')])],
  ])('7.1-14 refuses a name that is owned %s', (_title, state) => {
    for (const on of [true, false]) expect(problems(state, on).at(-1)).toContain("well-known name 'org.pantavisor.Example' on bus 'system-bus' is owned by more than one app");
  });

  it('keeps the role of an owner to its container', () => {
    expect(problems({ ...server, ...container('thief', [bus('example-service')]) })).toEqual([
      "thief/run.json: $.services.required[0].role: the role 'example-service' owns names on 'system-bus' for 'server'; no other container can have it",
    ]);
    expect(problems({ ...server, ...container('thief', [bus('example-service')], [owns('org.thief.X')]) }).join('\n')).toContain("the role 'example-service' is an owner's in 'server' already");
  });

  it('warns of a name that nobody can own, and of names while it is off', () => {
    expect(accepted(container('server', [bus('operator')], [owns('org.a.B')])).warnings).toEqual([expect.stringContaining("nobody can own 'org.a.B'")]);
    expect(accepted(container('server', [], [owns('org.a.B')]), false).warnings).toEqual([expect.stringContaining("'org.a.B' has no effect: the hosted system bus is off")]);
  });

  it('refuses another type', () => expect(problems(container('client', [bus('operator', { type: 'unix' })]))).toEqual([expect.stringContaining("'unix' is asked for, but 'system-bus' of the host is 'dbus'")]));
  it('is missed when it is off', () => expect(problems(container('client', [bus('operator')]), false)).toEqual([expect.stringContaining("required service 'system-bus' for platform 'client' not found")]));
});

describe('an entry with "owns"', () => {
  it.each([
    ['7.2-10 a role with a quote', { role: 'a"b' }, '$.services[0].role: is not a role'],
    ['7.2-10 a role with a colon', { role: 'a:0:0' }, '$.services[0].role: is not a role'],
    ['7.2-10 a role with a line break', { role: 'a\nroot' }, '$.services[0].role: is not a role'],
    ['7.2-10 a role with angle brackets', { role: '--><allow>' }, '$.services[0].role: is not a role'],
    ['7.2-10 an allowed role with a comment in it', { allow: ['ok', '<!--'] }, '$.services[0].allow[1]: is not a role'],
    ['7.2-10 a bus of another name', { bus: 'session-bus' }, '$.services[0].bus: must be one of "system-bus"'],
    ['7.2-10 a name with a quote', { owns: 'org.a"/><allow own="*' }, '$.services[0].owns: is not a well-known D-Bus name'],
    ['a unique name', { owns: ':1.5' }, '$.services[0].owns: is not a well-known D-Bus name'],
    ["the bus's own name", { owns: 'org.freedesktop.DBus' }, '$.services[0].owns: is the name of the bus itself'],
    ['another type', { type: 'unix' }, '$.services[0].type: must be one of "dbus"'],
    ['the role any', { role: 'any' }, "$.services[0].role: 'any' stands for every role"],
  ])('%s is refused', (_title, more, message) => {
    expect(problems(container('server', [], [owns('org.pantavisor.Example', more)])).join('\n')).toContain(message);
  });

  it('without a role has the name as its role, where that can be one', () => {
    const { revision } = accepted(container('server', [bus('org.lower.name')], [{ type: 'dbus', owns: 'org.lower.name' }]));
    expect(revision.containers[0]?.owns).toMatchObject([{ name: 'org.lower.name', role: 'org.lower.name', allow: [] }]);
    expect(problems(container('server', [], [{ type: 'dbus', owns: 'org.Upper' }]))).toEqual([expect.stringContaining('cannot be the owner\'s role (lower case, at most 64 characters): give one with "role"')]);
  });
});

describe('user ids of roles', () => {
  const uids = (text: string) => {
    const result = readRoleUids(text);
    if (result.kind === 'corrupt') throw new Error(result.reason);
    return result.uids;
  };
  const roles = (...names: string[]) => names as Role[];

  it('begin at 90000, go on after the highest, and stay', () => {
    const first = allocateUids(new Map(), roles('b', 'a', '__proto__'));
    expect([...first]).toEqual([['b', 90_000], ['a', 90_001], ['__proto__', 90_002]]);
    expect([...uids(roleUidsText(first))]).toEqual([...first]);
    expect(allocateUids(first, roles('a'))).toBe(first);
    expect(allocateUids(uids('{"gone":90500}'), roles('new')).get('new' as Role)).toBe(90_501);
  });

  it('can be a hundred', () => expect(new Set(allocateUids(new Map(), roles(...Array.from({ length: 100 }, (_, index) => `role-${index}`))).values()).size).toBe(100));

  it.each([
    ['', 'not JSON'], ['[]', 'not an object'], ['{"a":90000', 'not JSON'], ['{"a":90000,"a":90001}', 'duplicate key'], ['{"a":90000,"b":90000}', 'two roles have the same number'],
    ['{"a":0}', '"a" is not a role with a number from 90000 on'], ['{"a":"90000"}', 'not a role with a number'], ['{"a b":90000}', '"a b" is not a role'], ['{"a":90000.5}', 'not a role with a number'],
  ])('%s is corrupt', (text, reason) => expect(readRoleUids(text)).toEqual({ kind: 'corrupt', reason: expect.stringContaining(reason) }));
});

