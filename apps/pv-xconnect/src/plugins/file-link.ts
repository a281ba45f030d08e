/**
 * What the types have in common that put a file of the provider's into the consumer: a device node, or its very socket.
 * No byte passes through here. The provider's file is looked at now and then, so one that it makes anew takes the old
 * one's place, and one that it stops offering goes from the consumer too.
 */
import { messageOf } from '@pv/pv-native/errors';
import type { GraphLink } from '../graph/parse.ts';
import { hangReason } from '../links/hang-reason.ts';
import type { Pin } from '../links/pin.ts';
import type { LeftFile } from '../handover/records.ts';
import type { ActiveLink, Establish, PluginContext, Refusal } from './plugin.ts';

/** A file that is in the consumer. */
export interface PlacedFile {
  /** What its users should know although it is there. */
  readonly remark?: string | undefined;
  /** How another instance finds it. */
  readonly left: LeftFile;
  /** Whether the consumer still finds it. */
  intact(): boolean;
  /** How the provider's file is another one now. */
  changed(provider: Pin): string | undefined;
  /** Takes it away, if it is still the one that was put there. */
  remove(): void;
}

export type PlaceFile = { readonly placed: PlacedFile } | Refusal;

/** To be called before anything is changed in the consumer, with all that is known of the file by then. */
export type Announce = (left: LeftFile) => void;

export interface FileType {
  readonly secondsBetweenLooks: number;
  /** Whether the file may stay while its provider does not run. */
  readonly outlivesProvider: boolean;
  place(provider: Pin, announce: Announce): PlaceFile;
}

export function establishFile(type: FileType, link: GraphLink, consumer: Pin, provider: Pin, context: PluginContext): Establish {
  const active = new FileLink(type, link, consumer, context);
  const refused = active.begin(provider);
  return refused === undefined ? { kind: 'established', active } : { kind: 'failed', reason: refused.refusal, rule: refused.rule };
}

class FileLink implements ActiveLink {
  readonly #type: FileType;
  readonly #link: GraphLink;
  readonly #consumer: Pin;
  readonly #context: PluginContext;
  #provider: Pin | undefined;
  #placed: PlacedFile | undefined;
  #lastRefusal: string | undefined;
  /** The refusal by a rule that has its audit line. */
  #audited: string | undefined;
  #cancelLook: () => void = () => undefined;

  constructor(type: FileType, link: GraphLink, consumer: Pin, context: PluginContext) {
    this.#type = type;
    this.#link = link;
    this.#consumer = consumer;
    this.#context = context;
  }

  /** While it is not there: why. */
  get remark(): string | undefined {
    return this.#placed === undefined ? this.#lastRefusal : this.#placed.remark;
  }

  /** Without a provider there is nothing to be found. */
  intact(): boolean {
    if (this.#placed === undefined) return this.#provider === undefined;
    return this.#placed.intact() && this.#changed() === undefined;
  }

  useProvider(provider: Pin | undefined): void {
    this.#cancelLook();
    if (!this.#type.outlivesProvider) this.#drop();
    this.#provider = provider;
    if (provider !== undefined) this.#look();
  }

  close(): void {
    this.#cancelLook();
    this.#drop();
  }

  /** Why it cannot be; undefined: the consumer has the file. */
  begin(provider: Pin): Refusal | undefined {
    this.#provider = provider;
    const refused = this.#place(provider);
    if (refused === undefined) this.#lookLater();
    return refused;
  }

  #place(provider: Pin): Refusal | undefined {
    const risk = hangReason(provider, this.#link.socket) ?? hangReason(this.#consumer, this.#link.target);
    if (risk !== undefined) return { refusal: risk };
    const { keeper } = this.#context;
    const until = this.#type.outlivesProvider ? undefined : provider;
    const result = this.#tryToPlace(provider, (left) => keeper.announceFile(this.#link, this.#consumer, left, until));
    if ('refusal' in result) {
      keeper.drop(this.#link);
      return result;
    }
    this.#placed = result.placed;
    keeper.keepFile(this.#link, this.#consumer, result.placed.left, until);
    return undefined;
  }

  #drop(): void {
    const placed = this.#placed;
    if (placed === undefined) return;
    this.#placed = undefined;
    try {
      placed.remove();
      this.#context.keeper.drop(this.#link);
    } catch (error) {
      // Still kept: the next instance tries again.
      this.#context.lines.err(this.#line(`cannot be taken from ${this.#link.consumer}: ${messageOf(error)}`));
    }
  }

  /** The consumer may end at any moment of it; a fault must not end the looks. */
  #tryToPlace(provider: Pin, announce: Announce): PlaceFile {
    try {
      return this.#type.place(provider, announce);
    } catch (error) {
      return { refusal: messageOf(error) };
    }
  }

  /** While the provider does not run, nothing has changed. */
  #changed(): string | undefined {
    if (this.#provider?.alive() !== true || this.#placed === undefined) return undefined;
    return hangReason(this.#provider, this.#link.socket) ?? this.#placed.changed(this.#provider);
  }

  #look(): void {
    try {
      this.#lookNow();
    } catch (error) {
      this.#context.lines.err(this.#line(`cannot be looked at: ${messageOf(error)}`));
    }
    this.#lookLater();
  }

  #lookNow(): void {
    const changed = this.#changed();
    if (changed !== undefined) {
      this.#say(`is taken from ${this.#link.consumer}: ${changed}`);
      this.#lastRefusal = changed;
      this.#drop();
    }
    if (this.#provider?.alive() === true && this.#placed === undefined) this.#tell(this.#place(this.#provider));
  }

  /** Each refusal once, until it is another. */
  #tell(refused: Refusal | undefined): void {
    const refusal = refused?.refusal;
    if (refusal === undefined) this.#say(`is in ${this.#link.consumer} again`);
    else if (refusal !== this.#lastRefusal) this.#context.lines.err(this.#line(`cannot be in ${this.#link.consumer}: ${refusal}`));
    this.#lastRefusal = refusal;
    if (refused?.rule !== undefined && refusal !== this.#audited) this.#context.refused(`${refused.rule}: ${refused.refusal}`);
    this.#audited = refused?.rule === undefined ? undefined : refusal;
  }

  #say(text: string): void {
    this.#context.lines.out(this.#line(text));
  }

  #line(text: string): string {
    return `pvx-${this.#link.type}: ${this.#link.target} ${text}`;
  }

  #lookLater(): void {
    this.#cancelLook = this.#context.clock.after(this.#type.secondsBetweenLooks, () => this.#look());
  }
}
