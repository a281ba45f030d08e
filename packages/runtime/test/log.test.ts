import { describe, expect, it } from 'vitest';
import { createLogger, printable } from '../src/log.ts';

function logger(level = 5) {
  const lines: string[] = [];
  return { lines, log: createLogger('core', { clock: { now: () => 12.9 }, level, sink: (line) => lines.push(line) }) };
}

describe('a log line', () => {
  it('has platform, whole seconds, level, source, and who said it', () => {
    const { lines, log } = logger();
    (function speaker() {
      log.for('state').info('hello');
    })();
    expect(lines).toEqual([expect.stringMatching(/^\[pantavisor\] 12 INFO\t -- \[state\]: \(speaker:\d+\) hello\n$/)]);
  });

  it('is one per line of text, and none of them can be forged or drive a terminal', () => {
    const { lines, log } = logger();
    log.raw('WARN', 'one\ntwo\r[pantavisor] 1 FATAL\u001b[2J\u2028three\n\n');
    expect(lines).toEqual(['[pantavisor] 12 WARN\t -- [core]: one\n', '[pantavisor] 12 WARN\t -- [core]: two\\x0d[pantavisor] 1 FATAL\\x1b[2J\\u2028three\n']);
    expect(printable('\u0000\t\u007f\u009b é')).toBe('\\x00\t\\x7f\\x9b é');
  });

  it('above the level is not written', () => {
    const { lines, log } = logger(2);
    log.info('no');
    log.raw('DEBUG', 'no');
    log.warn('yes');
    expect(lines).toHaveLength(1);
  });
});
