/** Where an answer goes: standard output, a file, or nowhere. Each chunk is written before the next is read. */
import { openSync, writeSync } from 'node:fs';
import type { Writable } from 'node:stream';
import type { Options } from './options.ts';

/** What a sink is told of an answer's head. */
export interface Head {
  readonly httpVersion: string;
  readonly statusCode?: number | undefined;
  readonly statusMessage?: string | undefined;
  readonly rawHeaders: readonly string[];
}

/** Both give undefined, or why nothing can be written. */
export interface Sink {
  head(head: Head): string | undefined;
  write(chunk: Buffer): Promise<string | undefined>;
}

export function sinkFor({ output, include, fail }: Options, stdout: Writable): Sink {
  const sink = output === undefined ? streamSink(stdout, include) : fileSink(output);
  return fail ? exceptErrors(sink) : sink;
}

/** The head as it came, but for blanks around values. */
export function headText({ httpVersion, statusCode = 0, statusMessage = '', rawHeaders }: Head): string {
  const fields = rawHeaders.flatMap((name, index) => (index % 2 === 0 ? [`${name}: ${rawHeaders[index + 1] ?? ''}`] : []));
  return [`HTTP/${httpVersion} ${statusCode} ${statusMessage}`, ...fields, '', ''].join('\r\n');
}

function streamSink(stdout: Writable, include: boolean): Sink {
  const problem = (error: Error | null | undefined): string | undefined => (error == null ? undefined : `cannot write to standard output: ${error.message}`);
  return {
    head: (head) => {
      if (include) stdout.write(headText(head), 'latin1');
      return undefined;
    },
    write: (chunk) => new Promise((resolve) => void stdout.write(chunk, (error) => resolve(problem(error)))),
  };
}

/** Made anew when an answer begins, so that a server that is away leaves an older file as it was. */
function fileSink(path: string): Sink {
  const file = { fd: -1 };
  const attempt = (step: () => void): string | undefined => {
    try {
      step();
      return undefined;
    } catch (error) {
      return `cannot write to ${path}: ${(error as Error).message}`;
    }
  };
  return {
    head: () => attempt(() => void (file.fd = openSync(path, 'w'))),
    write: (chunk) => Promise.resolve(attempt(() => {
      for (let at = 0; at < chunk.length; ) at += writeSync(file.fd, chunk, at);
    })),
  };
}

function exceptErrors(sink: Sink): Sink {
  const answer = { wanted: true };
  return {
    head: (head) => {
      answer.wanted = (head.statusCode ?? 0) < 400;
      return answer.wanted ? sink.head(head) : undefined;
    },
    write: (chunk) => (answer.wanted ? sink.write(chunk) : Promise.resolve(undefined)),
  };
}
