/** HTTP as bytes over a unix socket: what was written goes out as it is, and what comes back is counted in answers. */
import { connect, type Socket } from 'node:net';
import { setImmediate as tick } from 'node:timers/promises';

export interface RawAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly fields: ReadonlyMap<string, string>;
  readonly body: string;
}

export interface RawOptions {
  /** Shut the write side after the last byte, as pvcurl does. */
  readonly halfClose?: boolean;
  /** Bytes per write; each goes out in a turn of its own. */
  readonly piece?: number;
}

/** Sends `bytes` and resolves with all answers when the server has closed, or when `count` are there. */
export async function rawExchange(path: string, bytes: string | Buffer, { halfClose = false, piece, count }: RawOptions & { readonly count?: number } = {}): Promise<readonly RawAnswer[]> {
  const client = new RawClient(path);
  try {
    await client.send(bytes, piece);
    if (halfClose) client.socket.end();
    return await client.answers(count ?? Number.POSITIVE_INFINITY);
  } finally {
    client.socket.destroy();
  }
}

export class RawClient {
  readonly socket: Socket;
  readonly #reader = new AnswerReader();
  readonly #waiting = new Set<() => void>();
  #ended = false;
  #failure: unknown;

  constructor(path: string) {
    this.socket = connect({ path, allowHalfOpen: true });
    this.socket.on('data', (chunk: Buffer) => this.#take(() => this.#reader.push(chunk)));
    // A reset after the answer is an end like another: what matters is what arrived before it.
    for (const end of ['end', 'error', 'close']) this.socket.on(end, () => this.#take(() => this.#end()));
  }

  /** What has arrived and is not a whole answer yet. */
  get partial(): string {
    return this.#reader.partial;
  }

  async send(bytes: string | Buffer, piece?: number): Promise<void> {
    const all = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes;
    if (piece === undefined) this.socket.write(all);
    for (let at = 0; piece !== undefined && at < all.length; at += piece) {
      this.socket.write(all.subarray(at, at + piece));
      await tick();
    }
  }

  /** The answers so far, once there are `count` or the server has closed. Throws when it sent something else. */
  async answers(count: number): Promise<readonly RawAnswer[]> {
    while (this.#failure === undefined && !this.#ended && this.#reader.answers.length < count) {
      await new Promise<void>((wake) => this.#waiting.add(wake));
    }
    if (this.#failure !== undefined) throw this.#failure;
    return this.#reader.answers;
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#reader.end();
  }

  #take(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.#failure = error;
    }
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }
}

/** Splits a byte stream into answers; throws where it is none. Interim answers (1xx) count; a HEAD's length does not fit. */
export class AnswerReader {
  readonly answers: RawAnswer[] = [];
  #chunks: Buffer[] = [];
  #length = 0;
  /** Bytes that must be there before another look is worth it. */
  #needed = 1;

  get partial(): string {
    return Buffer.concat(this.#chunks).toString('latin1');
  }

  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    while (this.#length >= this.#needed && this.#readOne(false));
  }

  /** The stream is over: a cut body is an answer all the same. */
  end(): void {
    while (this.#length > 0 && this.#readOne(true));
  }

  #readOne(ended: boolean): boolean {
    const text = this.partial;
    const bodyStart = text.indexOf('\r\n\r\n') + 4;
    if (bodyStart < 4) return false;
    const { status, fields, length } = parseHead(text.slice(0, bodyStart - 4));
    this.#needed = bodyStart + length;
    if (text.length < this.#needed && !ended) return false;
    this.answers.push({ status, fields, body: text.slice(bodyStart, this.#needed) });
    const rest = Buffer.from(text.slice(this.#needed), 'latin1');
    this.#chunks = [rest];
    this.#length = rest.length;
    this.#needed = 1;
    return true;
  }
}

function parseHead(head: string): { status: number; fields: Map<string, string>; length: number } {
  const [statusLine = '', ...lines] = head.split('\r\n');
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(statusLine)?.[1] ?? Number.NaN);
  if (Number.isNaN(status)) throw new Error(`not a status line: ${JSON.stringify(statusLine)}`);
  const fields = new Map(lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]));
  const length = status < 200 ? 0 : Number(fields.get('content-length') ?? Number.NaN);
  if (Number.isNaN(length)) throw new Error(`an answer without Content-Length: ${JSON.stringify(statusLine)}`);
  return { status, fields, length };
}
