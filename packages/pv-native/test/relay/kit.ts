/** A relay on a thread of its own between two directories, and the ends of its sessions as bare descriptors. */
import { lstatSync, mkdirSync, openSync, rmSync } from 'node:fs';
import { constants as os } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { waitFor } from '@pv/testkit/wait-for';
import { build } from 'esbuild';
import { afterAll, beforeAll, onTestFinished } from 'vitest';
import { closeFd, statFd } from '../../src/fd.ts';
import { O_PATH } from '../../src/openat.ts';
import { closeFds, MessageBuffer } from '../../src/msg.ts';
import { openPidfd } from '../../src/pidfd.ts';
import { acceptUnix, connectUnix, listenUnix, openSocket, type SocketType } from '../../src/socket.ts';
import type { RelayCounters, RelayEvent, RelayLink, RelayProvider } from '../../src/relay/link.ts';
import { Relay } from '../../src/relay/relay.ts';
import { tempDir } from '../temp.ts';

const folder = fileURLToPath(new URL(`../../dist/test-${process.pid}`, import.meta.url));
const worker = join(folder, 'relay.mjs');
/** A process of its own with a relay; see exiting.ts. */
export const exiting = join(folder, 'exiting.mjs');

/** Call once at the top of a test file. */
export function bundleRelay(): void {
  beforeAll(async () => {
    const source = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
    await build({
      entryPoints: [{ in: source('./worker.ts'), out: 'relay' }, { in: source('./exiting.ts'), out: 'exiting' }], outdir: folder, outExtension: { '.js': '.mjs' }, bundle: true,
      platform: 'node', target: 'node20', format: 'esm', external: ['koffi'], logLevel: 'warning',
    });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
}

export interface TestRelay {
  readonly relay: Relay;
  readonly events: RelayEvent[];
  readonly front: string;
  /** Directory that is the provider's root; its socket is `/back` in it. */
  readonly root: string;
  readonly listener: number;
  readonly provider: RelayProvider;
  counters(): Promise<RelayCounters>;
  /** A session: the consumer's end, and the provider's. */
  session(): Promise<{ consumer: number; provider: number }>;
  dial(): number;
}

export interface TestLink extends Partial<Pick<RelayLink, 'filter' | 'path' | 'talk'>> {
  readonly type?: SocketType;
  readonly pid?: number;
  readonly connectAs?: RelayProvider['connectAs'];
  readonly backlog?: number;
}

export function startRelay({ type = 'stream', pid = process.pid, connectAs, backlog, path = '/back', ...more }: TestLink = {}): TestRelay {
  const directory = tempDir();
  const root = join(directory, 'root');
  mkdirSync(root);
  const front = join(directory, 'front');
  const listener = own(listenUnix(join(root, 'back'), { mode: 0o666, type, ...(backlog === undefined ? {} : { backlog }) }));
  const events: RelayEvent[] = [];
  const pidFd = openPidfd(pid)?.fd ?? -1;
  // Before the relay, so that they are closed after it has stopped.
  const provider: RelayProvider = { rootFd: own(openSync(root, O_PATH)), pidFd: own(pidFd), ...(connectAs === undefined ? {} : { connectAs }) };
  const relay = new Relay({ worker: pathToFileURL(worker), lingerMs: 60_000, onEvent: (event) => events.push(event), onFault: (error) => { throw error; } });
  onTestFinished(() => relay.stop());
  const listenFd = listenUnix(front, { mode: 0o666, type });
  const { dev, ino } = lstatSync(front);
  relay.add({ id: 1, listenFd, socketType: type, path, own: { dev: String(dev), ino: String(ino) }, ...more }, provider);
  const dial = (): number => {
    const fd = own(openSocket(type));
    const errno = connectUnix(fd, front);
    if (errno !== 0) throw new Error(`connect: ${errno}`);
    return fd;
  };
  return {
    relay, events, front, root, listener, provider, dial,
    counters: async () => (await relay.counters()).get(1) ?? Promise.reject(new Error('the link is gone')),
    session: async () => ({ consumer: dial(), provider: await accepted(listener) }),
  };
}

/** Closed when the test ends, if the test has not done so. */
export function own(fd: number): number {
  const { ino, dev } = statFd(fd);
  onTestFinished(() => {
    try {
      const now = statFd(fd);
      if (now.ino === ino && now.dev === dev) closeFd(fd);
    } catch {
      // Closed by the test.
    }
  });
  return fd;
}

export async function accepted(listener: number): Promise<number> {
  return own(await waitFor(() => ((fd) => (fd < 0 ? undefined : fd))(acceptUnix(listener)), { what: 'a connection' }));
}

const buffer = new MessageBuffer(256 * 1024);

export interface Received {
  readonly bytes: Buffer;
  readonly fds: readonly number[];
}

/** One recvmsg(2), waited for. Empty: end of stream. */
export async function receive(fd: number, limit?: number): Promise<Received> {
  return waitFor(
    () => {
      const count = buffer.receive(fd, limit);
      if (count === -os.errno.EAGAIN) return undefined;
      if (count < 0) throw new Error(`recvmsg: errno ${-count}`);
      return { bytes: Buffer.from(buffer.data.subarray(0, count)), fds: buffer.fds };
    },
    { what: 'bytes' },
  );
}

/** All until the end of stream, or `length` bytes and not one more. Descriptors are closed. */
export async function receiveAll(fd: number, length = Infinity): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for (let total = 0; total < length; ) {
    const { bytes, fds } = await receive(fd, Math.min(length - total, buffer.capacity));
    closeFds(fds);
    if (bytes.length === 0) break;
    chunks.push(bytes);
    total += bytes.length;
  }
  return Buffer.concat(chunks);
}

/** One sendmsg(2): bytes sent, or a negative errno. */
export function trySend(fd: number, bytes: Uint8Array | string, fds: readonly number[] = []): number {
  return buffer.send(fd, typeof bytes === 'string' ? Buffer.from(bytes) : bytes, fds);
}

/** All of it, as the other side reads. */
export async function sendAll(fd: number, bytes: Uint8Array): Promise<void> {
  for (let sent = 0; sent < bytes.length; ) {
    const count = await waitFor(() => ((n) => (n === -os.errno.EAGAIN ? undefined : n))(trySend(fd, bytes.subarray(sent, sent + buffer.capacity))), { what: 'room' });
    if (count < 0) throw new Error(`sendmsg: errno ${-count}`);
    sent += count;
  }
}
