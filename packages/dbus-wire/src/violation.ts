/** Bytes that no honest peer sends. Where one came from, nothing further can be understood: end the connection. */
export class Violation extends Error {
  override readonly name = 'Violation';
}
