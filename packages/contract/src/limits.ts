/** Limits of every server of the contract (spec control-api 1.2, IMPROVE). Bytes and milliseconds. */
export const limits = {
  requestTargetBytes: 8 * 1024,
  headBytes: 64 * 1024,
  headMs: 10_000,
  bodyIdleMs: 30_000,
  requestMs: 60_000,
  keepAliveMs: 60_000,
  /** Requests that one connection may have sent ahead of their answers. */
  pipelined: 32,
  /** After the last answer of a connection: how long, and how much, its client may go on sending into the void. */
  lingerMs: 1_000,
  lingerBytes: 256 * 1024,
  connections: 256,
  connectionsPerContainer: 16,
  /** Of `connections`, kept free of containers, so that the host always gets in. */
  connectionsForHost: 32,
  /** pv-ctrl waits this long for a pv-core that is being restarted. */
  coreAwayMs: 2_000,
  /** A held request is answered after this, changed or not. */
  heldMs: 30_000,
  /** A client's cap on an answer it reads whole: above the status of 5,000 links with the longest names. */
  answerBytes: 16 * 1024 * 1024,
} as const;
