/** Keeps a daemon that others can make print (a bus, by what it refuses) from driving everything else out of the log. */
import type { Clock } from '@pv/runtime/clock';

export interface LineLimit {
  readonly lines: number;
  /** The period in which so many lines pass. */
  readonly seconds: number;
}

/** What is too much is left out, and its number is a line at the period's end. */
export function limitLines({ lines, seconds }: LineLimit, clock: Pick<Clock, 'after'>, onLine: (line: string) => void): (line: string) => void {
  let count = 0;
  const endPeriod = (): void => {
    const surplus = count - lines;
    count = 0;
    if (surplus > 0) onLine(`${surplus} more lines within ${seconds} seconds were left out`);
  };
  return (line) => {
    if (count === 0) clock.after(seconds, endPeriod);
    count += 1;
    if (count <= lines) onLine(line);
  };
}
