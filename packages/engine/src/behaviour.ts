/** What a container of the conformance suite does, whatever its engine runs; and that as a POSIX shell script. */
export type Behaviour =
  | { readonly does: 'exit'; readonly code: number }
  /** Ends by an error of its program that no code stands for. */
  | { readonly does: 'crash' }
  /**
   * Says 'ready', then stays. `onCue`: ends with this status when the harness gives a cue. `onHalt`: what the halt signal
   * does, a status or nothing but the words 'still here', with children that hear nothing.
   */
  | { readonly does: 'stay'; readonly onCue?: number; readonly onHalt?: number | 'ignore' }
  /** Says 'PV_TEST_WORD=' and its value, then ends with status 0. */
  | { readonly does: 'tell environment' }
  /** Writes so many lines of 100 bytes, then 'end of lines', then stays. */
  | { readonly does: 'say much'; readonly lines: number }
  /** Says 'ready', then takes memory without end. */
  | { readonly does: 'eat memory' }
  /** Says 'ready', then computes without end. */
  | { readonly does: 'spin' };

/** 'cue' is SIGUSR1 here. A signal that has a trap interrupts the wait. */
export function shellScript(behaviour: Behaviour): string {
  switch (behaviour.does) {
    case 'exit': return `exit ${behaviour.code}`;
    case 'crash': return 'exit 134';
    case 'stay': return [...cueTrap(behaviour.onCue), ...haltTrap(behaviour.onHalt), stay].join('\n');
    case 'tell environment': return 'echo "PV_TEST_WORD=$PV_TEST_WORD"';
    case 'say much': return `yes ${'x'.repeat(99)} | head -n ${behaviour.lines}\necho end of lines\n${stay}`;
    case 'eat memory': return 'echo ready\nx=x\nwhile :; do x=$x$x; done';
    case 'spin': return 'echo ready\nwhile :; do :; done';
  }
}

const stay = 'echo ready\nsleep 1000 &\nwhile :; do wait; done';

const cueTrap = (code: number | undefined): string[] => (code === undefined ? [] : [`trap 'exit ${code}' USR1`]);

function haltTrap(onHalt: number | 'ignore' | undefined): string[] {
  if (onHalt === undefined) return [];
  return onHalt === 'ignore' ? ["trap 'echo still here' PWR", "(trap '' PWR TERM; sleep 1000) &"] : [`trap 'exit ${onHalt}' PWR`];
}
