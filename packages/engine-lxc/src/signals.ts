/** Signals as LXC's configuration names them: a number, SIGPWR, SIGRTMIN+3. */
import { constants } from 'node:os';

/** Of the C library's view; the kernel's first two real-time signals are its own. */
const realTime: Readonly<Record<string, number>> = { MIN: 34, MAX: 64 };

/** SIGPWR for anything that is not a signal: LXC's own default. */
export function signalNumber(text: string): number {
  const named = constants.signals[text as NodeJS.Signals] as number | undefined;
  const [, edge, sign, distance] = /^SIGRT(MIN|MAX)(?:([+-])(\d{1,2}))?$/.exec(text) ?? [];
  const offset = Number(distance ?? 0) * (sign === '-' ? -1 : 1);
  const number = named ?? (edge === undefined ? Number(text) : (realTime[edge] ?? 0) + offset);
  return Number.isInteger(number) && number > 0 && number <= 64 ? number : constants.signals.SIGPWR;
}
