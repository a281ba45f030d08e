/**
 * The server's side of a D-Bus authentication (D-Bus specification, "Authentication Protocol"). EXTERNAL is the only
 * mechanism, and the identity that a client states is ignored: who it is was decided before. So whatever is sent, the
 * outcome is that identity or the end of the connection; nothing here is ever passed on.
 *
 * What only the user knows (the server's id, whether descriptors are agreed to) is asked for by a step; no further
 * step comes before the answer.
 */
import { joined, SaslLines, saslLine, splitLine } from './sasl-lines.ts';
import { Violation } from './violation.ts';

export type ServerStep =
  | { readonly kind: 'more' }
  | { readonly kind: 'reply'; readonly bytes: Uint8Array }
  /** Call `authenticated`, then `next` again. */
  | { readonly kind: 'identify' }
  /** Call `agreed`, then `next` again. */
  | { readonly kind: 'descriptors' }
  /** The end: what follows are messages. */
  | { readonly kind: 'begun'; readonly rest: Uint8Array };

type State = 'auth' | 'data' | 'begin';

const more: ServerStep = { kind: 'more' };
const nothing = new Uint8Array(0);

export class SaslServer {
  readonly #lines = new SaslLines();
  #greeted = false;
  #state: State = 'auth';
  #asking = false;

  receive(bytes: Uint8Array): void {
    let lines = bytes;
    if (!this.#greeted && bytes.length > 0) {
      if (bytes[0] !== 0) throw new Violation('the D-Bus handshake does not begin with a NUL byte');
      this.#greeted = true;
      lines = bytes.subarray(1);
    }
    this.#lines.receive(lines);
  }

  /** Throws Violation. */
  next(): ServerStep {
    if (this.#asking) return more;
    const line = this.#lines.next();
    return line === undefined ? more : this.#step(splitLine(line));
  }

  authenticated(guid: string): Uint8Array {
    this.#asking = false;
    this.#state = 'begin';
    return saslLine(`OK ${guid}`);
  }

  agreed(agreed: boolean): Uint8Array {
    this.#asking = false;
    return saslLine(agreed ? 'AGREE_UNIX_FD' : 'ERROR "the bus takes no descriptors"');
  }

  #step({ command, argument }: { command: string; argument: string }): ServerStep {
    if (command === 'BEGIN') return this.#begin();
    if (command === 'CANCEL' || command === 'ERROR') return this.#rejected();
    if (command === 'AUTH' && this.#state === 'auth') return this.#auth(argument);
    if (command === 'DATA' && this.#state === 'data') return this.#ask('identify');
    if (command === 'NEGOTIATE_UNIX_FD' && this.#state === 'begin') return this.#ask('descriptors');
    return reply('ERROR "not expected here"');
  }

  #begin(): ServerStep {
    if (this.#state !== 'begin') throw new Violation('BEGIN before the D-Bus authentication was over');
    return { kind: 'begun', rest: joined(this.#lines.rest(), nothing) };
  }

  #auth(argument: string): ServerStep {
    const { command: mechanism, argument: identity } = splitLine(argument);
    if (mechanism !== 'EXTERNAL') return this.#rejected();
    if (identity !== '') return this.#ask('identify');
    this.#state = 'data';
    return reply('DATA');
  }

  #rejected(): ServerStep {
    this.#state = 'auth';
    return reply(rejection);
  }

  #ask(kind: 'identify' | 'descriptors'): ServerStep {
    this.#asking = true;
    return { kind };
  }
}

export const rejection = 'REJECTED EXTERNAL';

function reply(text: string): ServerStep {
  return { kind: 'reply', bytes: saslLine(text) };
}
