/** What follows the end of pv-core (spec state-engine 9.2). Pure. */

export interface CoreEnd {
  readonly code: number | null;
  readonly signal: string | null;
  /** Seconds that it ran. */
  readonly ranFor: number;
  /** Ends within `quick` seconds, one after the other, before this one. */
  readonly quickEnds: number;
  /** We were told to stop ourselves. */
  readonly stopping: boolean;
}

export type NextStep =
  | { readonly kind: 'stop'; readonly status: number; readonly reason: string }
  /** It crashed: containers run on, the next pv-core adopts them. */
  | { readonly kind: 'relaunch'; readonly delay: number; readonly quickEnds: number }
  /** It ended in order: everything is stopped, and starts from the beginning. */
  | { readonly kind: 'reboot' };

const quick = 2;
const maxDelay = 5;

export function nextStep({ code, signal, ranFor, quickEnds, stopping }: CoreEnd): NextStep {
  if (stopping) return { kind: 'stop', status: 0, reason: 'stopped' };
  if (signal !== null || (code ?? 0) >= 128) {
    if (ranFor >= quick) return { kind: 'relaunch', delay: 0, quickEnds: 0 };
    return { kind: 'relaunch', delay: quickEnds === 0 ? 0 : Math.min(maxDelay, 0.2 * 2 ** (quickEnds - 1)), quickEnds: quickEnds + 1 };
  }
  if (code === 0) return { kind: 'reboot' };
  if (code === 3) return { kind: 'stop', status: 0, reason: 'powered off' };
  return { kind: 'stop', status: code ?? 1, reason: `pv-core cannot run (exit code ${code})` };
}
