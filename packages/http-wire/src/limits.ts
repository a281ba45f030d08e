/** What one message may have beside its body. Longer ones are refused while they come. */
export const wireLimits = {
  /** Bytes, the blank line included. The same for the trailers of a body. */
  headBytes: 64 * 1024,
  fields: 100,
  /** Bytes of one chunk's extensions. */
  extensionBytes: 1024,
} as const;
