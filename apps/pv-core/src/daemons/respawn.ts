/** How long to wait before a daemon that ended is started again, in seconds. Pure. */

/** A daemon that ran this long did not end because it cannot run. */
const healthy = 10;
const first = 0.1;
const cap = 5;

export interface Respawn {
  readonly delay: number;
  readonly quickEnds: number;
}

/** At once after a healthy run; 0.1, 0.2, ... 5 s when it ends again and again. */
export function respawnDelay(ranFor: number, quickEnds: number): Respawn {
  if (ranFor >= healthy || quickEnds === 0) return { delay: 0, quickEnds: 1 };
  return { delay: Math.min(cap, first * 2 ** (quickEnds - 1)), quickEnds: quickEnds + 1 };
}
