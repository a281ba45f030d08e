/**
 * The client's side of a D-Bus authentication, one question at a time: EXTERNAL with a numeric user id, then, when
 * wanted, descriptors. A server that says anything unasked is in violation, so `begin` is safe once an answer has come.
 */
import { joined, SaslLines, saslLine, splitLine } from './sasl-lines.ts';
import { Violation } from './violation.ts';

export type ClientStep =
  | { readonly kind: 'more' }
  /** `guid`: the server's id, 32 hexadecimal digits. */
  | { readonly kind: 'authenticated'; readonly guid: string }
  | { readonly kind: 'rejected'; readonly answer: string }
  | { readonly kind: 'descriptors'; readonly agreed: boolean };

export class SaslClient {
  readonly #lines = new SaslLines();
  #waiting: 'nothing' | 'identity' | 'descriptors' = 'nothing';

  /** The first bytes: the NUL, and who we are. */
  start(uid: number): Uint8Array {
    this.#waiting = 'identity';
    const identity = [...String(uid)].map((digit) => digit.charCodeAt(0).toString(16)).join('');
    return joined(Uint8Array.of(0), saslLine(`AUTH EXTERNAL ${identity}`));
  }

  negotiate(): Uint8Array {
    this.#waiting = 'descriptors';
    return saslLine('NEGOTIATE_UNIX_FD');
  }

  begin(): Uint8Array {
    return saslLine('BEGIN');
  }

  /** Throws Violation. */
  receive(bytes: Uint8Array): ClientStep {
    if (this.#waiting === 'nothing') throw new Violation('the bus speaks unasked in the D-Bus handshake');
    this.#lines.receive(bytes);
    const line = this.#lines.next();
    if (line === undefined) return { kind: 'more' };
    if (this.#lines.rest().length > 0) throw new Violation('the bus says more than it was asked in the D-Bus handshake');
    const step = this.#waiting === 'identity' ? identified(line) : negotiated(line);
    this.#waiting = 'nothing';
    return step;
  }
}

function identified(line: string): ClientStep {
  const { command, argument } = splitLine(line);
  if (command === 'OK' && /^[0-9a-f]{32}$/i.test(argument)) return { kind: 'authenticated', guid: argument };
  if (command === 'REJECTED') return { kind: 'rejected', answer: line };
  throw new Violation(`the bus answers AUTH with '${line.slice(0, 80)}'`);
}

function negotiated(line: string): ClientStep {
  const { command } = splitLine(line);
  if (command === 'AGREE_UNIX_FD' || command === 'ERROR') return { kind: 'descriptors', agreed: command === 'AGREE_UNIX_FD' };
  throw new Violation(`the bus answers NEGOTIATE_UNIX_FD with '${line.slice(0, 80)}'`);
}
