/**
 * What stands between the two ends of a session that is not copied blindly: an HTTP or D-Bus connection, say. The relay
 * reads and writes, keeps order, watermarks and half-closes; a filter decides what is sent. One filter object serves one
 * session. It runs on the relay's thread, so it must not block, and it throws only for faults: those end its session.
 */

export type Side = 'consumer' | 'provider';

export interface FilterOutput {
  /**
   * Queues `bytes` for `to`; they are copied before this returns. `fds` (at most 253) go out with the first of these
   * bytes and become the relay's to close. Descriptors without bytes are a fault.
   */
  send(to: Side, bytes: Uint8Array, fds?: readonly number[]): void;
  /** End of stream for `to`, after what is queued. */
  end(to: Side): void;
  /** Nothing more is read; what is queued goes out, then the session ends. */
  finish(): void;
  /** Ends the session at once. `reason` becomes the link's last error. */
  abort(reason: string): void;
  /** From now on everything is copied as it comes, both ways; the filter is not called again. */
  passThrough(): void;
  /** No `onData` for `from` until `resume`: bytes stay in the kernel, and so hold back the sender. */
  pause(from: Side): void;
  resume(from: Side): void;
  /** `onDeadline` is called once, this many milliseconds from now; undefined cancels. One at a time. */
  deadline(ms: number | undefined): void;
  /** Something was refused because of a rule: counted, and an audit line. `what` names the rule; it may hold hostile bytes. */
  refused(what: string): void;
  /** A line for the log that is no refusal. Rate-limited like `refused`. */
  note(text: string): void;
  /** Closes descriptors that are not passed on. */
  closeFds(fds: readonly number[]): void;
}

export interface Filter {
  /** Called once, before any `onData` of the provider; the consumer's bytes may have come before. */
  onConnected?(): void;
  /** The provider cannot be reached; without this the consumer's connection is just closed. Answer, then `finish`. */
  onAbsent?(cause: 'away' | 'slow', reason: string): void;
  /** `bytes` is the relay's buffer: valid only during the call. `fds` came with its first byte; they are the filter's now. */
  onData(from: Side, bytes: Uint8Array, fds: readonly number[]): void;
  /** `from` sends no more. The default is to pass it on: `out.end(other side)`. */
  onEnd?(from: Side): void;
  onDeadline?(): void;
  /** The session is over, by whatever cause but `passThrough` and a hand-over: descriptors that it still holds are to be closed. */
  onClosed?(): void;
  /**
   * What another filter needs, in another process, to go on from here: plain data, given to `MakeFilter` as `resumed`.
   * undefined: not at this moment, ask again. Without this method the session cannot be handed over at all.
   */
  snapshot?(): unknown;
}

/** `spec` comes from the main thread, so it is plain data (structured clone). `resumed`: what `snapshot` gave, for a session that was handed over. */
export type MakeFilter = (spec: unknown, out: FilterOutput, resumed?: unknown) => Filter;
