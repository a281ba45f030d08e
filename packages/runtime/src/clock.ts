/** Time and chance, injected everywhere so that tests can stand in for them. */
export interface Clock {
  /** Seconds since boot, monotonic, with a fraction. The same for every process of one boot. */
  now(): number;
  /** Calls back after `seconds`; returns a cancel function. */
  after(seconds: number, then: () => void): () => void;
}

export type Random = () => number;

const maxTimeoutMs = 2_147_483_647;

export const systemClock: Clock = {
  now: () => Number(process.hrtime.bigint()) / 1e9,
  after(seconds, then) {
    const timer = setTimeout(then, Math.min(Math.max(0, seconds * 1000), maxTimeoutMs));
    return () => clearTimeout(timer);
  },
};

/** The time of day, for people: ISO 8601, UTC. Never to compute with: it may jump. */
export const systemTimestamp = (): string => new Date().toISOString();

export const systemRandom: Random = Math.random;
