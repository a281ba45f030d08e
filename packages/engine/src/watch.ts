/** Learns of the end of whoever holds the other side of a descriptor. */
import { Socket } from 'node:net';

export interface Watch {
  /** Resolves when the other side is gone; never once released. */
  readonly gone: Promise<void>;
  release(): void;
}

/** `fd`: the reading side of a FIFO, or a connected socket; the watch closes it. What comes from it is thrown away. */
export function watchEnd(fd: number): Watch {
  const socket = new Socket({ fd, readable: true, writable: false });
  socket.on('error', () => undefined);
  socket.resume();
  const gone = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  return {
    gone,
    release: () => {
      socket.removeAllListeners('close');
      socket.destroy();
    },
  };
}
