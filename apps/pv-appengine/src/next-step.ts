/** What follows the end of pv-core (spec state-engine 9.2). Pure. */
import { constants } from 'node:os';

/** As Node reports it: one of them is null. */
export interface CoreEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface Ending extends CoreEnd {
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
  | { readonly kind: 'relaunch'; readonly signal: number; readonly delay: number; readonly quickEnds: number }
  /** It ended in order: everything is stopped, and starts from the beginning. */
  | { readonly kind: 'reboot' };

const quick = 2;
const maxDelay = 5;

export function nextStep({ code, signal, ranFor, quickEnds, stopping }: Ending): NextStep {
  if (stopping) return { kind: 'stop', status: 0, reason: 'told to stop' };
  if (signal !== null) return crash(constants.signals[signal], ranFor, quickEnds);
  if (code !== null && code >= 128) return crash(code - 128, ranFor, quickEnds);
  if (code === 0) return { kind: 'reboot' };
  if (code === 3) return { kind: 'stop', status: 0, reason: 'powered off' };
  return { kind: 'stop', status: code ?? 1, reason: `pv-core cannot run (exit code ${code}); see the messages above, and pantavisor.log` };
}

/** The first one at once; a pv-core that dies again and again, ever later. */
function crash(signal: number, ranFor: number, quickEnds: number): NextStep {
  if (ranFor >= quick) return { kind: 'relaunch', signal, delay: 0, quickEnds: 0 };
  return { kind: 'relaunch', signal, delay: quickEnds === 0 ? 0 : Math.min(maxDelay, 0.2 * 2 ** (quickEnds - 1)), quickEnds: quickEnds + 1 };
}
