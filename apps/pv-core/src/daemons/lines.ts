/** Splits what a daemon prints into lines; a line longer than the cap is cut into pieces, so memory is bounded. */
import type { Readable } from 'node:stream';

const maxLine = 8192;

export function readLines(stream: Readable, onLine: (line: string) => void): void {
  const kept = { text: '' };
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    const lines = (kept.text + chunk).split('\n');
    kept.text = lines.pop() ?? '';
    for (const line of lines) onLine(line);
    while (kept.text.length > maxLine) {
      onLine(kept.text.slice(0, maxLine));
      kept.text = kept.text.slice(maxLine);
    }
  });
  stream.on('error', () => undefined);
  stream.on('close', () => {
    if (kept.text !== '') onLine(kept.text);
  });
}
