/**
 * Two connected stream sockets joined: bytes copied both ways with back-pressure (what is held per direction is bounded
 * by the streams' watermarks), each side's end passed on after everything before it, and one side's failure costing
 * only what can no longer be delivered. The session ends when both directions have, or when it has been half-open
 * without a byte moving for `lingerSeconds`. Bytes only: descriptors and credentials that come with them
 * (SCM_RIGHTS, SCM_CREDENTIALS) are not passed on; Node's streams read without ancillary data.
 */
import type { Socket } from 'node:net';
import type { Clock } from '@pv/runtime/clock';

export interface SessionOptions {
  readonly lingerSeconds: number;
  readonly clock: Clock;
  readonly onEnd: () => void;
}

type Callback = (error?: Error | null) => void;

/** Both sockets must be made with `allowHalfOpen`. Returns what ends the session at once. */
export function joinSockets(a: Socket, b: Socket, { lingerSeconds, clock, onEnd }: SessionOptions): () => void {
  let directions = 2;
  let stopLinger = (): void => undefined;
  const destroy = (): void => {
    a.destroy();
    b.destroy();
  };
  const directionDone = (): void => {
    directions -= 1;
    if (directions === 0) destroy();
    else stopLinger = lingerFor(a, b, { lingerSeconds, clock }, destroy);
  };
  copy(a, b, once(directionDone));
  copy(b, a, once(directionDone));
  whenBothClosed(a, b, () => {
    stopLinger();
    onEnd();
  });
  return destroy;
}

/** One direction. `done`: everything is with the kernel, or nothing more can be delivered. */
function copy(from: Socket, to: Socket, done: () => void): void {
  from.on('error', () => undefined);
  surviveWriteErrors(to, () => {
    // The reader has gone. What it sent before it went may still be unread, so the other direction goes on.
    from.unpipe(to);
    from.resume();
    done();
  });
  to.once('finish', done);
  to.once('close', done);
  from.once('close', () => void (to.destroyed || to.writableEnded || to.end()));
  from.pipe(to);
}

/**
 * Node destroys a socket whose write failed, and with it what the peer sent before it closed. Here a failed write only
 * ends the writing: reported once, later writes are swallowed.
 */
function surviveWriteErrors(socket: Socket, broken: () => void): void {
  const write = socket._write.bind(socket);
  const writev = socket._writev?.bind(socket);
  const tolerant = (callback: Callback): Callback => (error) => {
    if (error) broken();
    callback();
  };
  socket._write = (chunk, encoding, callback) => write(chunk, encoding, tolerant(callback));
  if (writev !== undefined) socket._writev = (chunks, callback) => writev(chunks, tolerant(callback));
}

/** Ends the half-open session when no byte moved for a whole span; returns what cancels that. */
function lingerFor(a: Socket, b: Socket, { lingerSeconds, clock }: Pick<SessionOptions, 'lingerSeconds' | 'clock'>, end: () => void): () => void {
  const moved = (): number => a.bytesRead + a.bytesWritten + b.bytesRead + b.bytesWritten;
  let last = moved();
  let cancel = (): void => undefined;
  const check = (): void => {
    if (moved() === last) return end();
    last = moved();
    cancel = clock.after(lingerSeconds, check);
  };
  cancel = clock.after(lingerSeconds, check);
  return () => cancel();
}

function whenBothClosed(a: Socket, b: Socket, then: () => void): void {
  let open = 2;
  for (const socket of [a, b]) {
    socket.once('close', () => {
      open -= 1;
      if (open === 0) then();
    });
  }
}

function once(work: () => void): () => void {
  let called = false;
  return () => {
    if (!called) {
      called = true;
      work();
    }
  };
}
