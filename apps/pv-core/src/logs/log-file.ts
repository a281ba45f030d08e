/**
 * pantavisor.log of one revision. A line that cannot be written (full disk) is lost and counted, never thrown: the
 * engine must outlive its log. FATAL lines go to stderr as well.
 */
import { mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { LogSink } from '@pv/runtime/log';

export function openLogFile(path: string): LogSink {
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  const fd = openSync(path, 'a', 0o644);
  const lost = { lines: 0 };
  return (line) => {
    if (/^\S+ \d+ FATAL\t/.test(line)) writeQuietly(2, line);
    if (lost.lines > 0 && writeQuietly(fd, `[pantavisor] 0 WARN\t -- [log]: ${lost.lines} lines were lost: they could not be written\n`)) lost.lines = 0;
    if (!writeQuietly(fd, line)) lost.lines += 1;
  };
}

function writeQuietly(fd: number, line: string): boolean {
  try {
    return writeSync(fd, line) > 0;
  } catch {
    return false;
  }
}
