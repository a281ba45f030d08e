/** What a reader makes of bytes, as text that can be compared. */
import { HttpWireError } from '../src/errors.ts';
import { requestBody, responseBody } from '../src/framing.ts';
import { requests, responses } from '../src/kinds.ts';
import { MessageReader } from '../src/reader.ts';

export interface Read {
  /** One entry per message: start line, fields, body, trailers. */
  readonly messages: string[];
  /** Why nothing more was read. */
  readonly refused: string | undefined;
  readonly isBetween: boolean;
}

export function readRequests(bytes: Uint8Array, sizes: Iterable<number> = []): Read {
  return read(bytes, sizes, (sink) => new MessageReader(requests, { ...sink, onHead: (head) => sink.begin(`${head.method} ${head.target} ${head.version} host=${head.host}`, head, requestBody(head)) }));
}

/** All answer requests of `method`. */
export function readResponses(bytes: Uint8Array, method = 'GET', sizes: Iterable<number> = []): Read {
  return read(bytes, sizes, (sink) => new MessageReader(responses, { ...sink, onHead: (head) => sink.begin(`${head.version} ${head.status} ${head.reason}`, head, responseBody(head, method)) }));
}

const text = (fields: readonly { name: string; value: string }[]) => fields.map(({ name, value }) => `${name}=${value}`).join(';');

function makeSink(messages: string[]) {
  let message = '';
  let body = '';
  return {
    begin: <Body extends { kind: string }>(line: string, { fields }: { fields: readonly { name: string; value: string }[] }, framing: Body): Body => {
      message = `${line} {${text(fields)}} ${framing.kind}`;
      body = '';
      return framing;
    },
    onChunk: (size: number) => void (body += `<${size}>`),
    onData: (piece: Uint8Array) => void (body += Buffer.from(piece).toString('latin1')),
    onChunkEnd: () => void (body += '</>'),
    onMessageEnd: (trailers: readonly { name: string; value: string }[] | undefined) => void messages.push(`${message} ${JSON.stringify(body)}${trailers === undefined ? '' : ` {${text(trailers)}}`}`),
  };
}

type Sink = ReturnType<typeof makeSink>;
type Reader = Pick<MessageReader<unknown>, 'take' | 'end' | 'isBetween'>;

function read(bytes: Uint8Array, sizes: Iterable<number>, make: (sink: Sink) => Reader): Read {
  const messages: string[] = [];
  const reader = make(makeSink(messages));
  try {
    for (const piece of pieces(bytes, sizes)) {
      for (let at = 0; at < piece.length; ) at = reader.take(piece, at);
    }
    const { isBetween } = reader;
    reader.end();
    return { messages, refused: undefined, isBetween };
  } catch (error) {
    if (!(error instanceof HttpWireError)) throw error;
    return { messages, refused: error.message, isBetween: false };
  }
}

/** Each in memory of its own, overwritten afterwards: whoever keeps a piece would see it. */
function* pieces(bytes: Uint8Array, sizes: Iterable<number>): Generator<Uint8Array> {
  let at = 0;
  for (const size of sizes) {
    if (at >= bytes.length) return;
    yield* one(new Uint8Array(bytes.subarray(at, at + size)));
    at += size;
  }
  if (at < bytes.length) yield* one(new Uint8Array(bytes.subarray(at)));
}

function* one(piece: Uint8Array): Generator<Uint8Array> {
  yield piece;
  piece.fill(0x23);
}

export const ascii = (string: string): Buffer => Buffer.from(string, 'latin1');
