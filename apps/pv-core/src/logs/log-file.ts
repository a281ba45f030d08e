/**
 * pantavisor.log of one revision. Its size is bounded: what is older than the cap goes to `pantavisor.log.1`, and what
 * was there goes. A line that cannot be written (full disk) is lost and counted, never thrown: the engine must outlive
 * its log. FATAL lines go to stderr as well, and so does that lines are lost.
 */
import { closeSync, existsSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { LogSink } from '@pv/runtime/log';

/** Bytes of each of the two files. */
const defaultCap = 8 * 1024 * 1024;

interface Open {
  fd: number;
  size: number;
  lost: number;
  /** It ends in the middle of a line. */
  torn: boolean;
}

export function openLogFile(path: string, cap = defaultCap): LogSink {
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  const file: Open = { ...open(path), lost: 0, torn: false };
  return (line) => {
    if (/^\S+ \d+ FATAL\t/.test(line)) write(2, line);
    if (file.size >= cap) turnOver(file, path);
    if (file.lost > 0 && append(file, `[pantavisor] 0 WARN\t -- [log]: ${file.lost} lines were lost: they could not be written\n`)) file.lost = 0;
    if (append(file, line)) return;
    if (file.lost === 0) write(2, `pv-core: ${path} cannot be written, is the disk full? Lines are lost until it can\n`);
    file.lost += 1;
  };
}

function open(path: string): Pick<Open, 'fd' | 'size'> {
  const fd = openSync(path, 'a', 0o644);
  return { fd, size: fstatSync(fd).size };
}

/** When it cannot be done (no room for a name), the file goes on growing until it can. */
function turnOver(file: Open, path: string): void {
  try {
    // Renamed at the last attempt already, or removed by somebody.
    if (existsSync(path)) renameSync(path, `${path}.1`);
    const { fd } = file;
    Object.assign(file, open(path));
    closeSync(fd);
  } catch {
    file.size = 0;
  }
}

/** False: not the whole line was written. */
function append(file: Open, line: string): boolean {
  const text = file.torn ? `\n${line}` : line;
  const written = write(file.fd, text);
  const whole = written === Buffer.byteLength(text);
  file.size += written;
  if (written > 0) file.torn = !whole;
  return whole;
}

/** Bytes written; 0 when it failed. */
function write(fd: number, line: string): number {
  try {
    return writeSync(fd, line);
  } catch {
    return 0;
  }
}
