import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseGraph } from '../../src/graph/parse.ts';

const whole = {
  type: 'unix', name: 'raw', consumer: 'client', provider: 'server', role: 'client', socket: '/run/example/raw.sock',
  interface: '/run/pv/services/raw.sock', target: '/run/pv/services/raw.sock', consumer_pid: 1234, provider_pid: 5678,
};
const parse = (value: unknown) => parseGraph(Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)));

test('a link is taken as it is, and keys that we do not know are left out', () => {
  expect(parse([{ ...whole, flavour: 'new' }])).toEqual({ kind: 'graph', links: [whole], problems: [] });
});

test.each([-1, 0, '1234', null, 1.5, 2 ** 40, undefined])('7.2-19 the pid %j means: does not run', (pid) => {
  expect(parse([{ ...whole, consumer_pid: pid }])).toMatchObject({ links: [{ consumer_pid: 0, provider_pid: 5678 }] });
});

test.each(['name', 'consumer', 'provider', 'socket', 'target'])('a link without %s is reported, and the others are taken', (key) => {
  const partial = Object.fromEntries(Object.entries(whole).filter(([one]) => one !== key));
  expect(parse([partial, whole])).toEqual({ kind: 'graph', links: [whole], problems: ['Link missing required fields'] });
});

test.each([['a null target', { target: null }], ['a pid as the target', { target: 7 }], ['an address as the target, for ingress (7.1-17),', { consumer: 'EXTERNAL', consumer_pid: 0, target: '0.0.0.0:2222' }], ['a relative target', { target: 'null' }], ['a NUL in a path', { socket: '/a\0b' }], ['an empty name', { name: '' }]])('7.2-19 %s is as good as missing', (_what, change) => {
  expect(parse([{ ...whole, ...change }])).toEqual({ kind: 'graph', links: [], problems: ['Link missing required fields'] });
});

test("the provider's lists are taken, and a link with lists that cannot be read is not made without them", () => {
  const listed = { ...whole, roles: ['admin'], consumers: [] };
  expect(parse([listed])).toEqual({ kind: 'graph', links: [listed], problems: [] });
  for (const lists of [{ roles: 'admin' }, { roles: [1] }, { consumers: null }, { consumers: {} }]) {
    expect(parse([{ ...whole, ...lists }])).toEqual({ kind: 'graph', links: [], problems: ['Link missing required fields'] });
  }
});

test('role and interface have the defaults that the graph documents', () => {
  expect(parse([{ ...whole, role: undefined, interface: null }])).toMatchObject({ links: [{ role: 'client', interface: whole.target }] });
});

test('7.1-15 entries without a type, as for D-Bus activation, are of a later version, and skipped in silence', () => {
  expect(parse([{ activatable: 'org.example' }, 1, null, 'x', [], whole])).toEqual({ kind: 'graph', links: [whole], problems: [] });
});

test.each([
  ['truncated', '[{"type":"unix"', 'Failed to parse graph JSON'],
  ['empty', '', 'Failed to parse graph JSON'],
  ['an object', '{"links":[]}', 'Graph JSON is not an array'],
  ['null', 'null', 'Graph JSON is not an array'],
])('7.2-19 %s text is no graph', (_what, text, problem) => {
  expect(parse(text)).toEqual({ kind: 'bad', problem });
});

test('7.2-19 invalid UTF-8 is no graph', () => {
  expect(parseGraph(Buffer.from([0x5b, 0x22, 0xff, 0x22, 0x5d]))).toEqual({ kind: 'bad', problem: 'Failed to parse graph JSON' });
});

test('500 links are taken whole', () => {
  const links = Array.from({ length: 500 }, (_, index) => ({ ...whole, name: `raw${index}` }));
  expect(parse(links)).toEqual({ kind: 'graph', links, problems: [] });
});

test('7.2-19 no JSON value breaks it, and what it takes has the types it says', () => {
  const entry = fc.oneof(fc.jsonValue(), fc.record(Object.fromEntries(Object.keys(whole).map((key) => [key, fc.oneof(fc.constant(whole[key as keyof typeof whole]), fc.jsonValue())])), { requiredKeys: [] }));
  fc.assert(
    fc.property(fc.array(entry), (entries) => {
      const parsed = parse(entries);
      if (parsed.kind !== 'graph') throw new Error('an array is a graph');
      for (const link of parsed.links) {
        expect(Object.keys(link)).toEqual(Object.keys(whole));
        expect([link.socket[0], link.target[0]]).toEqual(['/', '/']);
        for (const key of ['type', 'name', 'consumer', 'provider', 'role'] as const) expect(link[key]).not.toBe('');
        for (const key of ['consumer_pid', 'provider_pid'] as const) expect(Number.isSafeInteger(link[key]) && link[key] >= 0).toBe(true);
      }
    }),
  );
});
