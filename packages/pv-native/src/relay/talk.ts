/**
 * What is said to a provider before its first session, on a connection of its own, for a link whose sessions it may take
 * at another socket than its own: a door that is opened for this link alone. One talk serves one connection, which is
 * kept after the two have agreed: its end means that there is another provider now. A talk runs on the relay's thread,
 * so it must not block; what it throws makes it fail.
 */
export interface Talk {
  /** `bytes` is the relay's buffer: valid only during the call. Descriptors of the provider are not taken. */
  onData(bytes: Uint8Array): void;
  /** The connection is over, or the link is: what the talk holds is to be closed. Called once. */
  close(): void;
}

export interface TalkOutput {
  /** `fds` go out with the first of these bytes and become the relay's to close. */
  send(bytes: Uint8Array, fds?: readonly number[]): void;
  /** `doorFd`: where sessions are dialled, `O_PATH`, the talk's own until `close`; undefined: at the provider's own socket. `note`: a line for the log. */
  agreed(doorFd: number | undefined, note: string): void;
  /** Nobody is let in on this; the next connection of a consumer begins another talk. */
  failed(reason: string): void;
}

/** `spec` comes from the main thread, so it is plain data. It may send at once, and must not agree or fail before it was returned. */
export type MakeTalk = (spec: unknown, out: TalkOutput) => Talk;
