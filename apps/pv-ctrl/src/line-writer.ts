/**
 * Lines to stdout, a pipe that pv-core reads. Never blocks and never grows without bound: while nobody reads,
 * lines beyond the bound are dropped. A broken pipe is no reason to end.
 */
import type { Writable } from 'node:stream';

const maxQueuedBytes = 64 * 1024;

export function lineWriter(out: Writable): (line: string) => void {
  out.on('error', () => undefined);
  return (line) => {
    if (out.writable && out.writableLength < maxQueuedBytes) out.write(`${line}\n`);
  };
}
