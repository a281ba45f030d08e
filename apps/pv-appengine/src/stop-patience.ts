/** How long pv-core may take to end. Pure. */

/** Groups stop one after the other; there are four in a revision that defines none of its own. */
const groups = 4;
/** For everything else that belongs to an end. */
const restMs = 10_000;

/** Milliseconds, longer than the lenient stop of all groups. `grace`: PV_STOP_GRACE, seconds. */
export function stopPatienceMs(grace: number): number {
  return groups * grace * 1000 + restMs;
}
