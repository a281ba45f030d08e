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
export async function rawExchange(path: string, bytes: string | Buffer, { halfClose = false, piece, count }: RawOptions & { readonly count?: number } = {}): Promise<RawAnswer[]> {
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
  readonly #chunks: Buffer[] = [];
  readonly #waiting = new Set<() => void>();
  #ended = false;

  constructor(path: string) {
    this.socket = connect({ path, allowHalfOpen: true });
    this.socket.on('data', (chunk: Buffer) => {
      this.#chunks.push(chunk);
      this.#wake();
    });
    // A reset after the answer is an end like another: what matters is what arrived before it.
    for (const end of ['end', 'error', 'close']) this.socket.on(end, () => this.#end());
  }

  get ended(): boolean {
    return this.#ended;
  }

  get received(): string {
    return Buffer.concat(this.#chunks).toString('latin1');
  }

  async send(bytes: string | Buffer, piece?: number): Promise<void> {
    const all = Buffer.from(bytes as string, 'latin1');
    if (piece === undefined) this.socket.write(all);
    for (let at = 0; piece !== undefined && at < all.length; at += piece) {
      this.socket.write(all.subarray(at, at + piece));
      await tick();
    }
  }

  /** The answers so far, once there are `count` whole ones or the server has closed. */
  async answers(count: number): Promise<RawAnswer[]> {
    for (;;) {
      const found = parseAnswers(this.received, this.#ended);
      if (found.length >= count || this.#ended) return found;
      await new Promise<void>((wake) => this.#waiting.add(wake));
    }
  }

  #end(): void {
    this.#ended = true;
    this.#wake();
  }

  #wake(): void {
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }
}

/** Splits a byte stream into answers; throws where it is none. Interim answers (1xx) count. */
export function parseAnswers(text: string, ended: boolean): RawAnswer[] {
  const answers: RawAnswer[] = [];
  for (let rest = text; rest !== ''; ) {
    const headEnd = rest.indexOf('\r\n\r\n');
    if (headEnd < 0) break;
    const [statusLine = '', ...lines] = rest.slice(0, headEnd).split('\r\n');
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(statusLine)?.[1] ?? Number.NaN);
    if (Number.isNaN(status)) throw new Error(`not a status line: ${JSON.stringify(statusLine)}`);
    const fields = new Map(lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]));
    const length = status < 200 ? 0 : Number(fields.get('content-length') ?? Number.NaN);
    if (Number.isNaN(length)) throw new Error(`an answer without Content-Length: ${JSON.stringify(statusLine)}`);
    const end = headEnd + 4 + length;
    if (rest.length < end && !ended) break;
    answers.push({ status, fields, body: rest.slice(headEnd + 4, end) });
    rest = rest.slice(end);
  }
  return answers;
}
