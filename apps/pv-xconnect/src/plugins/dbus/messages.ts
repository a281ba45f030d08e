/**
 * A session whose messages are looked at, from the handshake's end on. What a rule refuses is answered as if the bus
 * had: the call is replaced by a Ping of the bus with the same serial, and the bus's reply by ours, so that the order
 * of replies and the bus's serials stay what they are (as xdg-dbus-proxy does it).
 */
import type { FilterOutput, Side } from '@pv/pv-native/relay/filter';
import { buildMessage, busCall, busName } from '@pv/dbus-wire/build';
import { messageFlag, messageType, type Header } from '@pv/dbus-wire/header';
import { WireReader } from '@pv/dbus-wire/reader';
import { joined } from '@pv/dbus-wire/sasl-lines';
import { Passage, type Handling, type Message, type Whole } from './passage.ts';
import { level, Policy, type DbusSpec, type KnownPeers } from './policy.ts';
import { Replies, type Awaited, type OpenReplies } from './replies.ts';
import { Tracking } from './tracking.ts';
import { describe, judge, type Answer, type Verdict } from './verdict.ts';

/** Of a consumer's call to the bus: names and match rules. Of the bus: lists of names. Each session may hold one of both. */
const maxBody = { consumer: 65_536, provider: 512 * 1024 };

/** Rules that a session notes, and the characters of each: a bus has names of at most 255. */
const [maxNotes, maxNote] = [1000, 300];

/** All that another one needs to go on between two messages. Plain data: it may go through JSON. */
export interface MessagesState {
  readonly known: KnownPeers;
  readonly open: OpenReplies;
  readonly noted: readonly string[];
  readonly unique?: string;
  readonly helloSent: boolean;
}

export class Messages {
  /** Whose bytes are looked at: a violation is that side's. */
  speaker: Side = 'consumer';
  readonly #out: FilterOutput;
  readonly #learn: boolean;
  readonly #policy: Policy;
  readonly #replies: Replies;
  readonly #tracking: Tracking;
  readonly #fromConsumer: Passage;
  readonly #fromProvider: Passage;
  readonly #noted: Set<string>;
  /** The consumer's own unique name, once it has one. */
  #unique: string | undefined;
  #helloSent: boolean;
  /** What came from the consumer while it is held back. */
  #held: Uint8Array | undefined;
  #endAfterHeld = false;
  /** What the reply that is read was awaited for. */
  #awaited: Awaited | undefined;

  constructor(spec: DbusSpec, out: FilterOutput, resumed?: MessagesState) {
    this.#out = out;
    this.#learn = spec.learn === true;
    this.#policy = new Policy(spec, resumed?.known);
    this.#replies = new Replies(resumed?.open);
    this.#noted = new Set(resumed?.noted);
    this.#unique = resumed?.unique;
    this.#helloSent = resumed?.helloSent ?? false;
    this.#tracking = new Tracking(this.#policy, this.#replies, { ask: (call) => out.send('provider', call), all: this.#learn });
    this.#fromConsumer = new Passage('provider', out, {
      maxBody: maxBody.consumer,
      onHead: ({ header }) => this.#ofConsumer(header),
      onWhole: ({ head, header, body }) => this.#rule(header, judge(header, this.#policy, new WireReader(body, head.littleEndian).string())) === 'pass' ? 'pass' : 'skip',
      onGone: ({ header }) => this.#gone(header),
    });
    this.#fromProvider = new Passage('consumer', out, {
      maxBody: maxBody.provider,
      onHead: (message) => this.#ofProvider(message),
      onWhole: (message) => this.#wholeOfProvider(message),
    });
  }

  /** Throws Violation. */
  push(from: Side, bytes: Uint8Array, fds: readonly number[]): void {
    this.speaker = from;
    if (from === 'provider') this.#fromProvider.push(bytes, fds);
    else this.#pushConsumer(bytes, fds);
  }

  /** undefined: a message is on its way. */
  state(): MessagesState | undefined {
    if (this.#held !== undefined || !this.#fromConsumer.idle || !this.#fromProvider.idle) return undefined;
    return { known: this.#policy.known(), open: this.#replies.open(), noted: [...this.#noted], ...(this.#unique === undefined ? {} : { unique: this.#unique }), helloSent: this.#helloSent };
  }

  close(): void {
    this.#fromConsumer.close();
    this.#fromProvider.close();
  }

  /** `from` sends no more: what came of an unfinished message is of no use. */
  end(from: Side): void {
    if (from === 'consumer' && this.#held !== undefined) {
      this.#endAfterHeld = true;
      return;
    }
    (from === 'consumer' ? this.#fromConsumer : this.#fromProvider).close();
    this.#out.end(from === 'consumer' ? 'provider' : 'consumer');
  }

  #pushConsumer(bytes: Uint8Array, fds: readonly number[]): void {
    if (this.#held !== undefined) {
      this.#fromConsumer.keep(fds);
      this.#held = joined(this.#held, bytes);
      return;
    }
    const taken = this.#fromConsumer.push(bytes, fds);
    if (taken < bytes.length) this.#held = bytes.slice(taken);
  }

  #hold(): void {
    this.#held = new Uint8Array(0);
    this.#fromConsumer.stop();
    this.#out.pause('consumer');
  }

  #release(): void {
    const held = this.#held;
    this.#held = undefined;
    this.#out.resume('consumer');
    if (held !== undefined) this.push('consumer', held, []);
    if (this.#endAfterHeld) this.end('consumer');
  }

  #ofConsumer(header: Header): Handling {
    const { type, destination = '', replySerial = 0 } = header;
    if (type === messageType.return || type === messageType.error) {
      if (this.#replies.answered(destination, replySerial)) return 'pass';
      this.#out.refused(`replies only to calls: a reply to ${destination || 'nobody'}, who does not wait for it`);
      return 'skip';
    }
    if (type !== messageType.call && type !== messageType.signal) return 'skip';
    const verdict = judge(header, this.#policy);
    return verdict.kind === 'read' ? 'read' : this.#rule(header, verdict);
  }

  #rule(header: Header, verdict: Verdict): 'pass' | 'skip' {
    if (verdict.kind === 'pass') this.#await(header, { kind: verdict.expect });
    if (verdict.kind !== 'refuse') return 'pass';
    if (this.#learn && verdict.needs !== undefined) {
      this.#note(`learn: ${verdict.needs}`);
      this.#await(header, { kind: 'plain' });
      return 'pass';
    }
    this.#out.refused(`${verdict.needs === undefined ? 'no rule allows it' : `needs ${verdict.needs}`}: ${describe(header)}`);
    this.#answer(header, verdict.answer);
    return 'skip';
  }

  #note(text: string): void {
    if (this.#noted.has(text) || this.#noted.size >= maxNotes || text.length > maxNote) return;
    this.#noted.add(text);
    this.#out.note(text);
  }

  #await({ type, flags, serial }: Header, awaited: Awaited): void {
    if (type === messageType.call && (flags & messageFlag.noReply) === 0) this.#replies.await(serial, awaited);
  }

  #answer(header: Header, answer: Answer): void {
    if (header.type !== messageType.call || (header.flags & messageFlag.noReply) !== 0) return;
    this.#await(header, { kind: 'answer', answer });
    this.#out.send('provider', busCall(header.serial, 'Ping', [], 'org.freedesktop.DBus.Peer'));
  }

  #gone({ type, destination, interface: iface = busName, member }: Header): void {
    if (this.#helloSent || type !== messageType.call || destination !== busName || iface !== busName || member !== 'Hello') return;
    this.#helloSent = true;
    if (this.#tracking.begin()) this.#hold();
  }

  #ofProvider({ header }: Message): Handling {
    const { type, flags, serial, sender = '' } = header;
    if (type === messageType.return || type === messageType.error) return this.#reply(header);
    if (type === messageType.signal && header.destination === undefined) return this.#broadcast(header);
    if (type !== messageType.call && type !== messageType.signal) return 'skip';
    this.#policy.atLeast(sender, level.see);
    if (type === messageType.call && (flags & messageFlag.noReply) === 0) this.#replies.called(sender, serial);
    return 'pass';
  }

  #broadcast(header: Header): Handling {
    if (isNameOwnerChanged(header)) return 'read';
    return this.#learn || this.#policy.levelOf(header.sender ?? '') >= level.talk ? 'pass' : 'skip';
  }

  #reply(header: Header): Handling {
    const awaited = this.#replies.take(header.replySerial ?? 0);
    this.#awaited = awaited;
    if (awaited === undefined) return 'skip';
    if (awaited.kind === 'plain' || (header.type === messageType.error && !isOurs(awaited))) return 'pass';
    return 'read';
  }

  #wholeOfProvider(message: Whole): Uint8Array | 'pass' | 'skip' {
    const { head, header, body } = message;
    const reader = new WireReader(body, head.littleEndian);
    if (header.type === messageType.signal) return this.#ownerChanged(reader);
    const awaited = this.#awaited;
    if (awaited?.kind === 'answer') return answerMessage(header, awaited.answer, this.#unique);
    if (awaited?.kind === 'hello') return this.#welcome(reader.string());
    if (awaited?.kind === 'names') return this.#visibleNames(message, reader.strings());
    if (header.type === messageType.return && awaited?.kind === 'own-owner') this.#policy.owns(reader.string(), awaited.name);
    if (awaited?.kind === 'own-list') this.#onOwnList(header.type === messageType.return ? reader.strings() : []);
    return 'skip';
  }

  #welcome(unique: string): 'pass' {
    this.#unique = unique;
    this.#policy.atLeast(unique, level.talk);
    return 'pass';
  }

  #onOwnList(names: readonly string[]): void {
    this.#tracking.onNames(names);
    this.#release();
  }

  #visibleNames({ header }: Whole, names: readonly string[]): Uint8Array | 'pass' {
    if (this.#learn) return 'pass';
    return buildMessage(withoutBody(header), [names.filter((name) => this.#policy.levelOf(name) >= level.see)]);
  }

  #ownerChanged(body: WireReader): 'pass' | 'skip' {
    const [name, , owner] = [body.string(), body.string(), body.string()];
    if (!name.startsWith(':')) this.#policy.owns(owner, name);
    return this.#learn || this.#policy.levelOf(name) >= level.see ? 'pass' : 'skip';
  }
}

function isNameOwnerChanged({ sender, interface: iface, member, signature }: Header): boolean {
  return sender === busName && iface === busName && member === 'NameOwnerChanged' && signature === 'sss';
}

/** Read also when it is an error. */
function isOurs({ kind }: Awaited): boolean {
  return kind === 'answer' || kind === 'own-watch' || kind === 'own-list' || kind === 'own-owner';
}

function withoutBody({ signature: _, unixFds: __, ...header }: Header): Omit<Header, 'signature' | 'unixFds'> {
  return header;
}

/** In place of the bus's reply `to` our Ping, whose serials it keeps. */
function answerMessage(to: Header, answer: Answer, destination: string | undefined): Uint8Array {
  const { serial, replySerial = 0 } = to;
  const common = { flags: messageFlag.noReply, serial, replySerial, sender: busName, ...(destination === undefined ? {} : { destination }) };
  if ('values' in answer) return buildMessage({ type: messageType.return, ...common }, answer.values);
  return buildMessage({ type: messageType.error, errorName: answer.error, ...common }, [answer.text]);
}
