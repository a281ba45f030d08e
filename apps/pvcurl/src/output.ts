/** Where the answer goes: stdout or a file, with its head when asked for, then the write-out format. */
import { createWriteStream } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Options } from './options.ts';
import { RequestFailed } from './request.ts';

export async function writeAnswer(answer: IncomingMessage, { output, include }: Options, stdout: Writable): Promise<void> {
  const target = output === undefined || output === '-' ? stdout : createWriteStream(output);
  if (include && output === undefined) target.write(headText(answer));
  try {
    // stdout stays open for what follows.
    await pipeline(answer, target, { end: target !== stdout });
  } catch (error) {
    const { code, syscall, message } = error as NodeJS.ErrnoException;
    if (error instanceof RequestFailed) throw error;
    if (code === 'EPIPE') return;
    if (syscall !== undefined && output !== undefined) throw new RequestFailed(23, `cannot write ${output}: ${message}`);
    throw new RequestFailed(18, `the answer ended early: ${message}`);
  }
}

export function statusLine({ httpVersion, statusCode, statusMessage }: IncomingMessage): string {
  return `HTTP/${httpVersion} ${statusCode} ${statusMessage}`;
}

function headText(answer: IncomingMessage): string {
  const lines: string[] = [];
  for (let index = 0; index < answer.rawHeaders.length; index += 2) lines.push(`${answer.rawHeaders[index]}: ${answer.rawHeaders[index + 1]}`);
  return `${[statusLine(answer), ...lines].join('\r\n')}\r\n\r\n`;
}

/** `%{http_code}` and `\n`, `\r`, `\t`, `\\`; one pair of single quotes around it all is dropped, as by the old pvcurl. */
export function writeOutText(format: string, status: number | undefined): string {
  const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '\\': '\\' };
  return format
    .replace(/^'(.*)'$/s, '$1')
    .replaceAll('%{http_code}', String(status ?? 0).padStart(3, '0'))
    .replace(/\\([nrt\\])/g, (_, letter: string) => escapes[letter] ?? letter);
}
