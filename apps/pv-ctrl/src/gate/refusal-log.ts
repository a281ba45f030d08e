/**
 * One line per refused request, for pantavisor.log. Bounded per caller, so that a hostile container can neither
 * flood the log nor hide another's lines: what exceeds the bound is counted, and the count is one line.
 */
import type { Clock } from '@pv/runtime/clock';
import { printable } from '@pv/runtime/log';

export interface Refusal {
  readonly caller: string;
  /** Undefined when there was no request line to speak of. */
  readonly method: string | undefined;
  readonly target: string | undefined;
  readonly code: string;
}

/** Lines per caller and window; the window in seconds. */
const burst = 10;
const windowSeconds = 10;
const shownTarget = 120;

export function createRefusalLog(clock: Clock, write: (line: string) => void): (refusal: Refusal) => void {
  const counts = new Map<string, number>();
  const open = (caller: string): void => {
    counts.set(caller, 0);
    clock.after(windowSeconds, () => {
      const over = (counts.get(caller) ?? 0) - burst;
      counts.delete(caller);
      if (over > 0) write(`refused: caller=${caller} and ${over} more in ${windowSeconds} s`);
    });
  };
  return ({ caller, method, target, code }) => {
    if (!counts.has(caller)) open(caller);
    const count = (counts.get(caller) ?? 0) + 1;
    counts.set(caller, count);
    if (count > burst) return;
    write(`refused: caller=${caller} method=${method ?? '-'} path=${printable((target ?? '-').slice(0, shownTarget))} code=${code}`);
  };
}
