/** One call from options to exit code. Messages go to `err`; only the answer and -w go to `stdout`. */
import type { Readable, Writable } from 'node:stream';
import { printable } from '@pv/runtime/log';
import { openBody, type Body } from './body.ts';
import { headerFields } from './headers.ts';
import type { Options } from './options.ts';
import { sinkFor, type Sink } from './output.ts';
import { exitCodes, transfer, type Outcome } from './transfer.ts';
import { writeOut } from './write-out.ts';

export interface Streams {
  readonly stdin: () => Readable;
  readonly stdout: Writable;
  readonly err: (line: string) => void;
}

export async function run(options: Options, streams: Streams): Promise<number> {
  const { socketPath, method, path, headers, body: source, silent } = options;
  const complain = (exit: number, reason: string): number => {
    if (!silent) streams.err(`pvcurl: (${exit}) ${printable(reason)}\n`);
    return exit;
  };
  const body = await opened(() => openBody(source, streams.stdin));
  if (body.kind === 'unreadable') return complain(exitCodes.read, `cannot read the body: ${body.reason}`);
  const fields = headerFields(headers, body.kind === 'bytes' ? body.bytes.length : body.length);
  if (fields.kind === 'wrong') return complain(1, fields.message);
  const sink = traced(sinkFor(options, streams.stdout), options, streams);
  const { connectTimeoutMs, maxTimeMs } = options;
  const outcome = await transfer({ socketPath, method, path, fields: fields.fields, body, connectTimeoutMs, maxTimeMs }, sink);
  await report(outcome, options, streams.stdout);
  return exitOf(outcome, options, complain);
}

async function opened(open: () => Promise<Body>): Promise<Body | { readonly kind: 'unreadable'; readonly reason: string }> {
  try {
    return await open();
  } catch (error) {
    return { kind: 'unreadable', reason: (error as Error).message };
  }
}

function traced(sink: Sink, { verbose, socketPath, method, path }: Options, { err }: Streams): Sink {
  if (!verbose) return sink;
  err(`* Connecting to ${socketPath}...\n* > ${method} ${path} HTTP/1.1\n`);
  return {
    ...sink,
    head: (head) => {
      err(`HTTP/${head.httpVersion} ${head.statusCode ?? 0} ${printable(head.statusMessage ?? '')}\n`);
      return sink.head(head);
    },
  };
}

function report(outcome: Outcome, { writeOut: format }: Options, stdout: Writable): Promise<void> {
  return new Promise((resolve) => {
    if (format === undefined) resolve();
    else stdout.write(writeOut(format, outcome), () => resolve());
  });
}

function exitOf(outcome: Outcome, { fail }: Options, complain: (exit: number, reason: string) => number): number {
  if (outcome.kind === 'failed') return complain(outcome.exit, outcome.reason);
  return fail && outcome.status >= 400 ? complain(exitCodes.status, `the server answered with status ${outcome.status}`) : 0;
}
