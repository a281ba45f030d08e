/**
 * Log lines in upstream's form (spec state-engine 6.8):
 * `[<platform>] <seconds> <LEVEL>\t -- [<source>]: (<function>:<line>) <message>`, one line per line of text.
 * Control characters in a message are shown escaped, so that no container can forge a line or drive a terminal.
 */
import type { Clock } from './clock.ts';

export const logLevels = ['FATAL', 'ERROR', 'WARN', 'INFO', 'DEBUG', 'TRACE'] as const;
export type LogLevel = (typeof logLevels)[number];

/** Takes a whole line, newline included. Must not throw. */
export type LogSink = (line: string) => void;

export interface Logger {
  fatal(message: string): void;
  error(message: string): void;
  warn(message: string): void;
  info(message: string): void;
  debug(message: string): void;
  trace(message: string): void;
  /** A logger of another source, for the same sink. */
  for(source: string): Logger;
  /** A line without `(function:line)`: what a daemon or a hook printed. */
  raw(level: LogLevel, message: string): void;
}

export interface LogOptions {
  readonly clock: Pick<Clock, 'now'>;
  /** 0 FATAL ... 5 TRACE. */
  readonly level: number;
  readonly sink: LogSink;
  readonly platform?: string;
}

export function createLogger(source: string, options: LogOptions): Logger {
  const { clock, level: max, sink, platform = 'pantavisor' } = options;
  const write = (level: LogLevel, message: string): void => {
    if (logLevels.indexOf(level) > max) return;
    const head = `[${platform}] ${Math.floor(clock.now())} ${level}\t -- [${source}]: `;
    for (const line of message.replace(/\n+$/, '').split('\n')) sink(`${head}${printable(line)}\n`);
  };
  const at = (level: LogLevel) => {
    const log = (message: string): void => {
      if (logLevels.indexOf(level) <= max) write(level, `(${callSite(log)}) ${message}`);
    };
    return log;
  };
  return {
    fatal: at('FATAL'), error: at('ERROR'), warn: at('WARN'), info: at('INFO'), debug: at('DEBUG'), trace: at('TRACE'),
    raw: write,
    for: (other) => createLogger(other, options),
  };
}

/** Bytes below 0x20 but tab, DEL and C1 as `\xNN`; line and paragraph separators as `\uNNNN`. */
export function printable(text: string): string {
  return text.replace(/[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u2028\u2029]/g, (char) => {
    const code = char.charCodeAt(0);
    return code > 0xff ? `\\u${code.toString(16)}` : `\\x${code.toString(16).padStart(2, '0')}`;
  });
}

/** `function:line` of whoever called `skip`. */
function callSite(skip: (message: string) => void): string {
  const holder: { stack?: string } = {};
  const saved = Error.stackTraceLimit;
  Error.stackTraceLimit = 1;
  Error.captureStackTrace(holder, skip);
  Error.stackTraceLimit = saved;
  const frame = holder.stack?.split('\n')[1] ?? '';
  const name = /at (?:async )?(?:new )?(?:[\w$]+\.)*#?([\w$]+) (?:\[as [^\]]+\] )?\(/.exec(frame)?.[1] ?? 'main';
  return `${name}:${/:(\d+):\d+\)?$/.exec(frame)?.[1] ?? '0'}`;
}
