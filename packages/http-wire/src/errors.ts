/** Bytes that are no HTTP message, or none that two readers are sure to understand alike: nothing after them can be trusted. */
export class HttpWireError extends Error {
  override readonly name = 'HttpWireError';
}
