/** `[pvtest] <unix seconds> <LEVEL> -- [pv-appengine]: <text>` (spec state-engine 9.2). */
import { printable } from '@pv/runtime/log';

export interface Say {
  info(text: string): void;
  warn(text: string): void;
  error(text: string): void;
}

export function createSay(now: () => number, write: (line: string) => void): Say {
  const at = (level: string) => (text: string) => write(`[pvtest] ${Math.floor(now() / 1000)} ${level} -- [pv-appengine]: ${printable(text)}\n`);
  return { info: at('INFO'), warn: at('WARN'), error: at('ERROR') };
}
