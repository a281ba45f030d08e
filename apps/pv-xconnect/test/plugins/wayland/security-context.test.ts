/** What is said to a compositor, and what is made of its answers. A real one is in sandboxed.test.ts, faults of the connection in pv-native's talk.test.ts. */
import { readdirSync, readSync } from 'node:fs';
import { closeFd, duplicateFd } from '@pv/pv-native/fd';
import { acceptUnix, connectUnix, openSocket } from '@pv/pv-native/socket';
import { ArgumentReader, writeMessage } from '@pv/wayland-wire/arguments';
import { Framing } from '@pv/wayland-wire/framing';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { makeSecurityContext } from '../../../src/plugins/wayland/security-context.ts';
import { tempDir } from '../../kit/cleanup.ts';
import { startContainer } from '../../kit/container.ts';
import { link, runDaemon } from '../../kit/daemon.ts';
import { dial as connectTo, readAll, serve } from '../../kit/sockets.ts';

const manager = 'wp_security_context_manager_v1';
const global = (name: number, interfaceName: string) => writeMessage(2, 0, name, interfaceName, 1);
const done = (id: number) => Buffer.concat([writeMessage(id, 0, 77), writeMessage(1, 1, id)]);
const offered = Buffer.concat([global(1, 'wl_shm'), global(9, manager), done(3)]);

/** What the talk sent is kept; descriptors as copies, since the relay closes the ones that it is given. */
function bench(directory = tempDir()) {
  const sent: Buffer[] = [];
  const fds: number[] = [];
  const said: string[] = [];
  const opened: { doorFd: number | undefined } = { doorFd: undefined };
  const talk = makeSecurityContext({ directory, appId: 'panel', instanceId: '42' }, {
    send: (bytes, given = []) => {
      sent.push(Buffer.from(bytes));
      for (const fd of given) {
        fds.push(duplicateFd(fd));
        closeFd(fd);
      }
    },
    agreed: (doorFd, note) => {
      opened.doorFd = doorFd;
      said.push(doorFd === undefined ? 'none' : 'door', note);
    },
    failed: (reason) => void said.push(reason),
  });
  onTestFinished(() => {
    talk.close();
    fds.forEach(closeFd);
  });
  return { talk, sent, fds, said, opened };
}

/** Of each message: object, opcode, and arguments by `kinds`. */
function read(bytes: Buffer, kinds: readonly string[]): unknown[] {
  const frames = new Framing().take(bytes);
  return frames.messages.map((message, index) => {
    const args = new ArgumentReader(bytes, message);
    return [message.object, message.opcode, ...[...(kinds[index] ?? '')].map((kind) => (kind === 's' ? args.string() : args.uint()))];
  });
}

function dial(pathFd: number): number {
  const fd = openSocket();
  onTestFinished(() => closeFd(fd));
  return connectUnix(fd, `/proc/self/fd/${pathFd}`);
}

test('a compositor that offers contexts is given a socket and who comes there; once it has taken both, that socket is the door', () => {
  const { talk, sent, fds, said, opened } = bench();
  expect(read(sent[0] ?? Buffer.alloc(0), ['u', 'u'])).toEqual([[1, 1, 2], [1, 0, 3]]);
  talk.onData(offered);
  expect(read(sent[1] ?? Buffer.alloc(0), ['usuu', 'u', 's', 's', 's', '', '', '', 'u'])).toEqual([
    [2, 0, 9, manager, 1, 4], [4, 1, 5], [5, 1, 'org.pantavisor'], [5, 2, 'panel'], [5, 3, '42'], [5, 4], [5, 0], [4, 0], [1, 0, 6],
  ]);
  expect([said, fds.length]).toEqual([[], 2]);
  talk.onData(done(6));
  expect(said).toEqual(['door', 'security context: org.pantavisor, panel']);
  expect(dial(opened.doorFd ?? -1)).toBe(0);
  const accepted = acceptUnix(fds[0] ?? -1);
  expect(accepted).toBeGreaterThan(0);
  closeFd(accepted);
  talk.close();
  // The compositor is told by the end of the pipe.
  expect(readSync(fds[1] ?? -1, Buffer.alloc(1))).toBe(0);
});

test('one that offers none is used as it is', () => {
  const { talk, sent, said } = bench();
  talk.onData(Buffer.concat([global(1, 'wl_shm'), done(3)]));
  talk.onData(Buffer.concat([global(9, manager), done(6)]));
  expect([said, sent.length]).toEqual([['none', 'security context: none offered'], 1]);
});

test.each([
  ['an error before', [writeMessage(1, 0, 1, 3, 'implementation error')], 'the compositor answers: implementation error'],
  ['an error after it was offered', [offered, writeMessage(1, 0, 4, 1, 'not a socket')], 'the compositor answers: not a socket'],
  ['an endless error', [offered, writeMessage(1, 0, 4, 1, 'x'.repeat(5000))], `the compositor answers: ${'x'.repeat(200)}`],
])('%s is never taken for consent', (_what, chunks, reason) => {
  const { talk, said } = bench();
  for (const chunk of chunks) talk.onData(chunk);
  expect(said).toEqual([reason]);
});

test('one that says it is done before it was asked has agreed to nothing, and is not asked twice', () => {
  const { talk, sent, said } = bench();
  talk.onData(done(6));
  expect(said).toEqual([]);
  talk.onData(Buffer.concat([offered, offered]));
  expect([sent.length, said]).toEqual([2, []]);
});

test.each([
  ['a size that no message has', Buffer.alloc(8)],
  ['a global that ends within its name', Buffer.from(writeMessage(2, 0, 1, 500))],
  ['an error without words', Buffer.from(writeMessage(1, 0, 1))],
])('%s is a fault of the talk', (_what, bytes) => {
  const { talk } = bench();
  expect(() => talk.onData(bytes)).toThrow();
});

test('no socket can be made: that is a fault of the talk too, and nothing stays open', () => {
  const { talk } = bench('/absent');
  const before = readdirSync('/proc/self/fd').length;
  expect(() => talk.onData(offered)).toThrow('ENOENT');
  talk.close();
  expect(readdirSync('/proc/self/fd')).toHaveLength(before);
});

test('whatever a compositor says, it is used without a context only when it offers none', () => {
  const noise = fc.oneof(
    fc.constantFrom(global(1, 'wl_shm'), global(9, manager), done(3), done(6), done(4), writeMessage(1, 0, 1, 3, 'no')),
    fc.tuple(fc.nat(8), fc.nat(3), fc.array(fc.nat(), { maxLength: 4 })).map(([object, opcode, args]) => writeMessage(object, opcode, ...args)),
  );
  const directory = tempDir();
  fc.assert(
    fc.property(fc.array(noise, { maxLength: 12 }), (messages) => {
      const { talk, said } = bench(directory);
      const stream = Buffer.concat([global(9, manager), ...messages]);
      try {
        talk.onData(stream);
      } catch {
        // A fault lets nobody in.
      }
      talk.close();
      expect(said).not.toContain('none');
    }),
  );
});

test.each([
  ['an error', writeMessage(1, 0, 4, 1, 'no more of them'), 'the compositor answers: no more of them'],
  ['nonsense', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'), 'a message of'],
])('in the mesh %s closes the connection and is said, and the compositor is asked again', async (_what, answer, reason) => {
  const [daemon, consumer, provider] = await Promise.all([runDaemon(), startContainer('client'), startContainer('screen')]);
  let asked = 0;
  await serve(provider.at('/run/wayland-0'), (socket) => {
    asked += 1;
    socket.write(Buffer.concat([offered, answer]));
  });
  daemon.core.set([link(consumer, provider, { type: 'wayland', name: 'wayland-0', socket: '/run/wayland-0', target: '/run/in' })]);
  await daemon.printed('Link established');
  for (const times of [1, 2]) {
    expect((await readAll(await connectTo(consumer.at('/run/in')))).toString()).toBe('');
    expect(asked).toBe(times);
  }
  expect(await daemon.complained('Could not connect to provider socket')).toContain(`${consumer.name}/wayland-0: security-context: ${reason}`);
});
