/** Time and chance, injected everywhere so that tests can stand in for them. */
export interface Clock {
  /** Seconds since boot, monotonic, with a fraction. The same for every process of one boot. */
  now(): number;
  /** Calls back after `seconds`; returns a cancel function. */
  after(seconds: number, then: () => void): () => void;
}

export type Random = () => number;

/** Of one timer of Node: 24.8 days. A longer time is several of them. */
const maxTimeoutMs = 2_147_483_647;

export const systemClock: Clock = {
  now: () => Number(process.hrtime.bigint()) / 1e9,
  after(seconds, then) {
    let timer: NodeJS.Timeout;
    const arm = (ms: number): void => {
      timer = ms > maxTimeoutMs ? setTimeout(() => arm(ms - maxTimeoutMs), maxTimeoutMs) : setTimeout(then, Math.max(0, ms));
    };
    arm(seconds * 1000);
    return () => clearTimeout(timer);
  },
};

/** The time of day, for people: ISO 8601, UTC. Never to compute with: it may jump. */
export const systemTimestamp = (): string => new Date().toISOString();

export const systemRandom: Random = Math.random;
