/**
 * A Wayland connection on which some globals do not exist for the consumer: they are not announced to it, and it cannot
 * bind them by guessing their numbers. A try to is answered like a try to bind something that never was, by the protocol
 * error that ends the connection. Everything else passes as it came.
 *
 * A name is bindable when it was announced to this consumer. That trusts no statement of the consumer, and none about the
 * compositor's checks either; the interface in the request is looked at besides, since libwayland takes it to be true.
 */
import type { Filter, FilterOutput, MakeFilter, Side } from '@pv/pv-native/relay/filter';
import { ArgumentReader, writeMessage } from '@pv/wayland-wire/arguments';
import { display, fixes, registry } from '@pv/wayland-wire/core';
import { WireError } from '@pv/wayland-wire/errors';
import type { Message } from '@pv/wayland-wire/framing';
import { Forwarder, type Verdict } from './forwarder.ts';

export interface WaylandSpec {
  /** Interfaces of the globals that the consumer does not see. */
  readonly hide: readonly string[];
}

export const waylandFilterKind = 'wayland';

export const makeWaylandFilter: MakeFilter = (spec, out, resumed) => new WaylandFilter(spec as WaylandSpec, out, resumed as Known | undefined);

/** More than a compositor has; each is remembered. */
const maxGlobals = 4096;
const maxRegistries = 1024;

/** What it has learnt from the messages so far. */
interface Known {
  readonly registries: readonly number[];
  readonly announced: readonly number[];
  readonly hidden: readonly number[];
}

class WaylandFilter implements Filter {
  readonly #hide: ReadonlySet<string>;
  readonly #out: FilterOutput;
  /** For good: a consumer may ask for one under the number of an object that it has just destroyed, so a `delete_id` may be about that one. */
  readonly #registries: Set<number>;
  /** Numbers of globals that were announced to the consumer. One stays bindable after its removal: the consumer may not know yet. */
  readonly #announced: Set<number>;
  readonly #hidden: Set<number>;
  readonly #requests: Forwarder;
  readonly #events: Forwarder;
  #ended = false;

  constructor({ hide }: WaylandSpec, out: FilterOutput, known?: Known) {
    // The one way to destroy a registry, whose number could then be that of another object.
    this.#hide = new Set([...hide, fixes.interface]);
    this.#out = out;
    this.#registries = new Set(known?.registries);
    this.#announced = new Set(known?.announced);
    this.#hidden = new Set(known?.hidden);
    this.#requests = new Forwarder('provider', out, (message, bytes) => this.#judgeRequest(message, bytes));
    this.#events = new Forwarder('consumer', out, (message, bytes) => this.#judgeEvent(message, bytes));
  }

  onData(from: Side, bytes: Uint8Array, fds: readonly number[]): void {
    if (this.#ended) return this.#out.closeFds(fds);
    try {
      const goesOn = (from === 'consumer' ? this.#requests : this.#events).take(bytes, fds);
      if (goesOn) return;
      this.onClosed();
      this.#out.finish();
    } catch (error) {
      this.onClosed();
      if (!(error instanceof WireError)) throw error;
      this.#out.abort(`the ${from} sends what is not Wayland: ${error.message}`);
    }
  }

  onEnd(from: Side): void {
    (from === 'consumer' ? this.#requests : this.#events).close();
    this.#out.end(from === 'consumer' ? 'provider' : 'consumer');
  }

  /** Between two messages only. Plain arrays: it may go through JSON. */
  snapshot(): unknown {
    if (this.#ended || !this.#requests.idle || !this.#events.idle) return undefined;
    return { registries: [...this.#registries], announced: [...this.#announced], hidden: [...this.#hidden] } satisfies Known;
  }

  onClosed(): void {
    this.#ended = true;
    this.#requests.close();
    this.#events.close();
  }

  #judgeRequest(message: Message, bytes: Uint8Array): Verdict {
    const { object, opcode } = message;
    if (object === display.id && opcode === display.request.getRegistry) this.#addRegistry(new ArgumentReader(bytes, message).uint());
    if (opcode === registry.request.bind && this.#registries.has(object)) return this.#judgeBind(object, new ArgumentReader(bytes, message));
    return 'pass';
  }

  #judgeBind(object: number, args: ArgumentReader): Verdict {
    const name = args.uint();
    const interfaceName = args.string();
    if (this.#announced.has(name) && !this.#hide.has(interfaceName)) return 'pass';
    if (this.#hidden.has(name) || this.#hide.has(interfaceName)) this.#out.refused(`hide: ${interfaceName} (global ${name})`);
    else this.#out.refused(`${interfaceName}: there is no global ${name}`);
    // The words of libwayland-server, so that it looks like what is not there.
    this.#out.send('consumer', writeMessage(display.id, display.event.error, object, display.error.invalidObject, `invalid global ${interfaceName} (${name})`));
    return 'stop';
  }

  #judgeEvent(message: Message, bytes: Uint8Array): Verdict {
    const { object, opcode } = message;
    if (!this.#registries.has(object)) return 'pass';
    if (opcode === registry.event.global) return this.#judgeGlobal(new ArgumentReader(bytes, message));
    if (opcode === registry.event.globalRemove && this.#hidden.has(new ArgumentReader(bytes, message).uint())) return 'drop';
    return 'pass';
  }

  #judgeGlobal(args: ArgumentReader): Verdict {
    const name = args.uint();
    const hidden = this.#hide.has(args.string());
    (hidden ? this.#hidden : this.#announced).add(name);
    (hidden ? this.#announced : this.#hidden).delete(name);
    if (this.#announced.size + this.#hidden.size > maxGlobals) throw new WireError(`more than ${maxGlobals} globals`);
    return hidden ? 'drop' : 'pass';
  }

  #addRegistry(id: number): void {
    this.#registries.add(id);
    if (this.#registries.size > maxRegistries) throw new WireError(`more than ${maxRegistries} registries`);
  }
}
