/** LXC's own programs, run with argument vectors, never through a shell. */
import { execFile } from 'node:child_process';
import { openSync, closeSync, readSync, fstatSync } from 'node:fs';

export interface Finished {
  readonly status: number;
  readonly output: string;
}

/** The status of a program that had to be killed, by us or by a signal of others. */
export const timedOut = 124;

/** Status 127 when the program is not there. `onSpawn` gets its pid at once. */
export function runTool(command: string, args: readonly string[], timeoutMs: number, onSpawn?: (pid: number) => void): Promise<Finished> {
  return new Promise((resolve) => {
    const { pid } = execFile(command, args, { timeout: timeoutMs, killSignal: 'SIGKILL', maxBuffer: 256 * 1024, env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' } }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : error.code === 'ENOENT' ? 127 : timedOut;
      resolve({ status: code, output: `${stdout}${stderr}`.trim() });
    });
    if (pid !== undefined) onSpawn?.(pid);
  });
}

/** The first errors in an LXC log after `fromByte`, in one line; empty when there are none. */
export function firstErrors(logPath: string, fromByte: number): string {
  const texts = tail(logPath, fromByte).split('\n').flatMap((line) => errorLine.exec(line)?.slice(1) ?? []);
  const causes = texts.filter((text) => !consequence.test(text));
  return [...new Set(causes)].slice(0, 2).join('; ');
}

/** `lxc-start name 20260101120000.123 ERROR    start - ../src/lxc/start.c:start:2197 - text` */
const errorLine = /^\S+ \S+ \S+ (?:ERROR|FATAL) +\S+ - \S+ - (.*)$/;
/** What LXC adds to each failure; it says nothing. */
const consequence = /^(?:Failed to (?:start container|spawn container|setup container|initialize container|sync with|wait for|handle)|The container failed|Additional information|Received container state|Expected to receive|An error occurred in another process|To get more details)/;

export function sizeOf(path: string): number {
  try {
    const fd = openSync(path, 'r');
    const { size } = fstatSync(fd);
    closeSync(fd);
    return size;
  } catch {
    return 0;
  }
}

const maxTail = 64 * 1024;

function tail(path: string, fromByte: number): string {
  try {
    const fd = openSync(path, 'r');
    const start = Math.max(fromByte, fstatSync(fd).size - maxTail);
    const buffer = Buffer.alloc(maxTail);
    const length = readSync(fd, buffer, 0, maxTail, start);
    closeSync(fd);
    return buffer.toString('utf8', 0, length);
  } catch {
    return '';
  }
}
