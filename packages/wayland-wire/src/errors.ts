/** Bytes that are no Wayland messages: nothing after them can be understood. */
export class WireError extends Error {
  override readonly name = 'WireError';
}
