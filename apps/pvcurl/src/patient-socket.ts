/**
 * A socket that still reads when the other side no longer does: a server may answer and close before it has seen the
 * whole body, and that answer must not be lost to the EPIPE of our next write (net.Socket alone would be destroyed by it).
 */
import { Socket } from 'node:net';

type Done = (error?: Error | null) => void;

export class PatientSocket extends Socket {
  /** The other side has stopped reading; what is written goes nowhere. */
  stopped = false;

  override _write(chunk: unknown, encoding: BufferEncoding, done: Done): void {
    if (this.stopped) done();
    else super._write(chunk, encoding, this.#tolerant(done));
  }

  override _writev(chunks: { chunk: unknown; encoding: BufferEncoding }[], done: Done): void {
    if (this.stopped) done();
    else super._writev?.(chunks, this.#tolerant(done));
  }

  #tolerant(done: Done): Done {
    return (error) => {
      const { code } = (error ?? {}) as NodeJS.ErrnoException;
      this.stopped ||= code === 'EPIPE' || code === 'ECONNRESET';
      done(this.stopped ? null : error);
    };
  }
}
