/** What the filter decides, byte by byte. That real compositors and clients agree is the matter of wayland.test.ts. */
import { ArgumentReader, writeMessage } from '@pv/wayland-wire/arguments';
import { Framing } from '@pv/wayland-wire/framing';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { makeWaylandFilter } from '../../../src/plugins/wayland/filter.ts';
import { filterBench } from '../../kit/filter-bench.ts';

const registryId = 2;
const getRegistry = (id = registryId) => writeMessage(1, 1, id);
const global = (name: number, interfaceName: string, id = registryId) => writeMessage(id, 0, name, interfaceName, 1);
const globalRemove = (name: number) => writeMessage(registryId, 1, name);
const bind = (name: number, interfaceName: string, id = registryId) => writeMessage(id, 0, name, interfaceName, 1, 9);
const bench = () => filterBench(makeWaylandFilter, { hide: ['zwlr_screencopy_manager_v1', 'zwp_virtual_keyboard_manager_v1'] });

/** With a registry, on which one global is announced and one is not. */
function connected() {
  const { filter, sent, ...rest } = bench();
  filter.onData('consumer', getRegistry(), []);
  filter.onData('provider', Buffer.concat([global(1, 'wl_shm'), global(2, 'zwlr_screencopy_manager_v1')]), []);
  sent.consumer.length = sent.provider.length = 0;
  return { filter, sent, ...rest };
}

function errorOf(bytes: Buffer) {
  const { messages } = new Framing().take(bytes);
  const [message] = messages;
  if (message === undefined || messages.length > 1) throw new Error(`${messages.length} messages`);
  const args = new ArgumentReader(bytes, message);
  return { object: message.object, opcode: message.opcode, args: [args.uint(), args.uint(), args.string()] };
}

test('a hidden global is neither announced nor removed; the others are', () => {
  const { filter, bytes } = bench();
  filter.onData('consumer', getRegistry(), []);
  filter.onData('provider', Buffer.concat([global(1, 'wl_shm'), global(2, 'zwlr_screencopy_manager_v1'), global(3, 'wl_seat')]), []);
  filter.onData('provider', Buffer.concat([globalRemove(2), globalRemove(3)]), []);
  expect(bytes('provider')).toEqual(Buffer.from(getRegistry()));
  expect(bytes('consumer')).toEqual(Buffer.concat([global(1, 'wl_shm'), global(3, 'wl_seat'), globalRemove(3)]));
});

test('a second registry is filtered too, and an object of another kind is not', () => {
  const { filter, bytes } = connected();
  filter.onData('consumer', getRegistry(7), []);
  filter.onData('provider', Buffer.concat([global(2, 'zwlr_screencopy_manager_v1', 7), global(2, 'zwlr_screencopy_manager_v1', 8)]), []);
  expect(bytes('consumer')).toEqual(Buffer.from(global(2, 'zwlr_screencopy_manager_v1', 8)));
});

test('a registry under the number of an object that was destroyed just before is filtered too', () => {
  const { filter, bytes, did } = connected();
  filter.onData('consumer', getRegistry(7), []);
  // delete_id, of what had the number before: the compositor says it when the registry is on its way already.
  const deleted = writeMessage(1, 1, 7);
  filter.onData('provider', Buffer.concat([deleted, global(1, 'wl_shm', 7), global(2, 'zwlr_screencopy_manager_v1', 7)]), []);
  expect(bytes('consumer')).toEqual(Buffer.concat([deleted, global(1, 'wl_shm', 7)]));
  filter.onData('consumer', bind(2, 'zwlr_screencopy_manager_v1', 7), []);
  expect(did).toEqual(['refused hide: zwlr_screencopy_manager_v1 (global 2)', 'finish']);
});

test('what destroys registries is hidden always, so that the number of one is never that of something else', () => {
  const { filter, bytes } = connected();
  filter.onData('provider', Buffer.concat([global(5, 'wl_fixes'), global(6, 'wl_seat')]), []);
  expect(bytes('consumer')).toEqual(Buffer.from(global(6, 'wl_seat')));
});

test('what was announced is bound, also after its removal, of which the consumer may not know', () => {
  const { filter, bytes, did } = connected();
  filter.onData('consumer', bind(1, 'wl_shm'), []);
  filter.onData('provider', globalRemove(1), []);
  filter.onData('consumer', bind(1, 'wl_shm'), []);
  expect(bytes('provider')).toEqual(Buffer.concat([bind(1, 'wl_shm'), bind(1, 'wl_shm')]));
  expect(did).toEqual([]);
});

test.each([
  ['its number', 2, 'zwlr_screencopy_manager_v1', 'hide: zwlr_screencopy_manager_v1 (global 2)'],
  ['its number under another name', 2, 'wl_shm', 'hide: wl_shm (global 2)'],
  ['its name under another number', 1, 'zwlr_screencopy_manager_v1', 'hide: zwlr_screencopy_manager_v1 (global 1)'],
  ['a number before it is announced', 3, 'zwp_virtual_keyboard_manager_v1', 'hide: zwp_virtual_keyboard_manager_v1 (global 3)'],
  ['a number that is none', 4, 'wl_seat', 'wl_seat: there is no global 4'],
])('who binds a hidden global by %s is answered as if there were none, and that is all', (_what, name, interfaceName, rule) => {
  const { filter, bytes, closed, did } = connected();
  const before = writeMessage(1, 0, 5);
  filter.onData('consumer', Buffer.concat([before, bind(name, interfaceName), writeMessage(9, 0)]), [40]);
  filter.onData('consumer', writeMessage(9, 1), [41]);
  filter.onData('provider', writeMessage(9, 1), [42]);
  expect(bytes('provider')).toEqual(Buffer.from(before));
  expect(errorOf(bytes('consumer'))).toEqual({ object: 1, opcode: 0, args: [registryId, 0, `invalid global ${interfaceName} (${name})`] });
  expect(did).toEqual([`refused ${rule}`, 'finish']);
  expect(closed).toEqual([41, 42]);
});

test('descriptors go on once and in order, never later than they came, and not more at once than a peer reads', () => {
  const events = fc.oneof(fc.constant(global(2, 'zwlr_screencopy_manager_v1')), fc.constant(global(1, 'wl_shm')), fc.nat(20).map((words) => writeMessage(5, 1, ...Array.from({ length: words }, () => 1))));
  fc.assert(
    fc.property(fc.array(events, { minLength: 1, maxLength: 12 }), fc.array(fc.tuple(fc.integer({ min: 1, max: 60 }), fc.nat(40)), { minLength: 1 }), (messages, cuts) => {
      const { filter, sent, did, bytes, fds, closed } = bench();
      filter.onData('consumer', getRegistry(), []);
      const stream = Buffer.concat(messages);
      let next = 100;
      let cut = 0;
      for (let at = 0; at < stream.length && did.length === 0; cut += 1) {
        const [size, count] = cuts[cut % cuts.length] ?? [stream.length, 0];
        const before = bytes('consumer').length;
        filter.onData('provider', stream.subarray(at, at + size), Array.from({ length: count }, () => next++));
        at += size;
        // Whatever was sent took all with it.
        if (bytes('consumer').length > before) expect(fds('consumer')).toEqual(Array.from({ length: next - 100 }, (_, index) => 100 + index));
      }
      for (const one of sent.consumer) expect(one.fds.length).toBeLessThanOrEqual(28);
      for (const one of sent.consumer) expect(one.bytes.length).toBeGreaterThan(0);
      if (did.length === 0) expect(bytes('consumer')).toEqual(Buffer.concat(messages.filter((message) => !Buffer.from(message).includes('screencopy'))));
      else expect(did).toEqual([expect.stringMatching(/^abort the provider sends what is not Wayland: \d+ descriptors at once$/)]);
      filter.onEnd?.('provider');
      expect([...fds('consumer'), ...closed]).toEqual(Array.from({ length: next - 100 }, (_, index) => 100 + index));
    }),
  );
});

test.each([[196, []], [197, ['abort the consumer sends what is not Wayland: 197 descriptors at once']], [253, ['abort the consumer sends what is not Wayland: 253 descriptors at once']]])('7.2-25 %i descriptors with the shortest message go on with it, or are closed', (count, outcome) => {
  const { filter, sent, did, fds, closed } = connected();
  const given = Array.from({ length: count }, (_, index) => 100 + index);
  filter.onData('consumer', writeMessage(9, 0), given);
  for (const one of sent.provider) expect(one.bytes.length).toBeGreaterThan(0);
  expect(did).toEqual(outcome);
  expect([...fds('provider'), ...closed]).toEqual(given);
});

test.each([
  ['a size that is none', writeMessage(1, 0).fill(0)],
  ['a bind that ends too soon', writeMessage(registryId, 0, 1)],
  ['an interface with a NUL inside', bind(2, 'zwlr_screencopy_manager_v1\0x')],
])('7.2-26 %s ends the session, and nothing of it goes on', (_what, bytesIn) => {
  const { filter, sent, did, closed } = connected();
  filter.onData('consumer', bytesIn, [50]);
  expect(sent).toEqual({ consumer: [], provider: [] });
  expect(did).toEqual([expect.stringMatching(/^abort the consumer sends what is not Wayland: /)]);
  expect(closed).toEqual([50]);
});

test('no one may make it remember without end', () => {
  const flood = bench();
  for (let id = 2; id < 2000 && flood.did.length === 0; id += 1) flood.filter.onData('consumer', getRegistry(id), []);
  expect(flood.did).toEqual(['abort the consumer sends what is not Wayland: more than 1024 registries']);
  const globals = connected();
  for (let name = 10; name < 9000 && globals.did.length === 0; name += 1) globals.filter.onData('provider', global(name, 'wl_output'), []);
  expect(globals.did).toEqual(['abort the provider sends what is not Wayland: more than 4096 globals']);
});

test('an end of stream is passed on, and what never became a message is not', () => {
  const { filter, sent, did, closed } = connected();
  filter.onData('consumer', bind(1, 'wl_shm').subarray(0, 9), [60]);
  filter.onEnd?.('consumer');
  expect([sent.provider, did, closed]).toEqual([[], ['end provider'], [60]]);
});

test('a filter in another process goes on between two messages, and knows what the first one knew', () => {
  const { filter } = connected();
  filter.onData('consumer', bind(1, 'wl_shm').subarray(0, 9), []);
  expect(filter.snapshot?.()).toBeUndefined();
  filter.onData('consumer', bind(1, 'wl_shm').subarray(9), []);
  const next = filterBench(makeWaylandFilter, { hide: ['zwlr_screencopy_manager_v1'] }, JSON.parse(JSON.stringify(filter.snapshot?.())));
  next.filter.onData('consumer', bind(1, 'wl_shm'), []);
  expect(next.did).toEqual([]);
  next.filter.onData('consumer', bind(2, 'wl_shm'), []);
  expect(next.did).toEqual(['refused hide: wl_shm (global 2)', 'finish']);
});

test('random bytes never make it throw', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.constantFrom('consumer' as const, 'provider' as const), fc.uint8Array({ maxLength: 64 }))), (chunks) => {
      const { filter } = connected();
      for (const [from, chunk] of chunks) filter.onData(from, chunk, []);
    }),
  );
});
