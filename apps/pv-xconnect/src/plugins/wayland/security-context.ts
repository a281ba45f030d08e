/**
 * Tells a compositor that what comes from a link is a sandboxed client, of which container: security-context-v1, where
 * the compositor offers it. It gets a listening socket of ours, and keeps from whoever connects there what it keeps from
 * sandboxes. That lasts until `close`, or until this process ends: a pipe hangs up then.
 *
 * Only a compositor that does not offer it is used without. One that offers it and fails has made no promise, so nobody
 * is let in: a consumer may well be what keeps it from answering.
 */
import { closeFd } from '@pv/pv-native/fd';
import { type HiddenSocket, listenHidden } from '@pv/pv-native/hidden-socket';
import { closeFds } from '@pv/pv-native/msg';
import { openPipe } from '@pv/pv-native/pipe';
import type { MakeTalk, Talk, TalkOutput } from '@pv/pv-native/relay/talk';
import { ArgumentReader, writeMessage } from '@pv/wayland-wire/arguments';
import { callback, display, registry } from '@pv/wayland-wire/core';
import { Framing, type Message } from '@pv/wayland-wire/framing';
import { context, manager } from '@pv/wayland-wire/security-context';

export interface SecurityContextSpec {
  /** Where a socket may be made for a moment: nobody else's. */
  readonly directory: string;
  /** Who the client is, and which run of it. */
  readonly appId: string;
  readonly instanceId: string;
}

export const securityContextKind = 'security-context';

export const makeSecurityContext: MakeTalk = (spec, out) => new SecurityContext(spec as SecurityContextSpec, out);

const sandboxEngine = 'org.pantavisor';
const ids = { registry: 2, listed: 3, manager: 4, context: 5, committed: 6 } as const;
/** More than the link's sessions: each waits here until the compositor has accepted it. */
const backlog = 256;
/** Of the compositor's own words, in a line. */
const maxWords = 200;

class SecurityContext implements Talk {
  readonly #spec: SecurityContextSpec;
  readonly #out: TalkOutput;
  readonly #framing = new Framing();
  /** The manager's number among the globals. */
  #offered: number | undefined;
  /** The socket that it listens on, once it was given one. */
  #doorFd: number | undefined;
  /** That socket, and the end of the pipe that keeps the compositor listening. */
  readonly #held: number[] = [];
  #settled = false;

  constructor(spec: SecurityContextSpec, out: TalkOutput) {
    this.#spec = spec;
    this.#out = out;
    out.send(Buffer.concat([writeMessage(display.id, display.request.getRegistry, ids.registry), writeMessage(display.id, display.request.sync, ids.listed)]));
  }

  onData(bytes: Uint8Array): void {
    const frames = this.#framing.take(bytes);
    for (const message of frames.messages) {
      if (this.#settled) return;
      this.#take(message, new ArgumentReader(frames.bytes, message));
    }
  }

  close(): void {
    this.#settled = true;
    closeFds(this.#held.splice(0));
  }

  #take({ object, opcode }: Message, args: ArgumentReader): void {
    if (object === display.id && opcode === display.event.error) return this.#refused(args);
    if (object === ids.registry && opcode === registry.event.global) return this.#global(args.uint(), args.string());
    if (opcode !== callback.event.done) return;
    if (object === ids.listed) return this.#offered === undefined ? this.#agree(undefined, 'security context: none offered') : this.#create(this.#offered);
    if (object === ids.committed && this.#doorFd !== undefined) this.#agree(this.#doorFd, `security context: ${sandboxEngine}, ${this.#spec.appId}`);
  }

  #global(name: number, interfaceName: string): void {
    if (interfaceName === manager.interface) this.#offered ??= name;
  }

  #create(name: number): void {
    if (this.#doorFd !== undefined) return;
    const { readFd, writeFd } = openPipe();
    this.#held.push(writeFd);
    const { listenFd, pathFd } = this.#listen(readFd);
    this.#held.push(pathFd);
    this.#doorFd = pathFd;
    this.#out.send(this.#requests(name), [listenFd, readFd]);
  }

  #listen(readFd: number): HiddenSocket {
    try {
      return listenHidden(this.#spec.directory, backlog);
    } catch (error) {
      closeFd(readFd);
      throw error;
    }
  }

  #requests(name: number): Uint8Array {
    const { appId, instanceId } = this.#spec;
    return Buffer.concat([
      writeMessage(ids.registry, registry.request.bind, name, manager.interface, manager.version, ids.manager),
      writeMessage(ids.manager, manager.request.createListener, ids.context),
      writeMessage(ids.context, context.request.setSandboxEngine, sandboxEngine),
      writeMessage(ids.context, context.request.setAppId, appId),
      writeMessage(ids.context, context.request.setInstanceId, instanceId),
      writeMessage(ids.context, context.request.commit),
      writeMessage(ids.context, context.request.destroy),
      writeMessage(ids.manager, manager.request.destroy),
      writeMessage(display.id, display.request.sync, ids.committed),
    ]);
  }

  #agree(doorFd: number | undefined, note: string): void {
    this.#settled = true;
    this.#out.agreed(doorFd, note);
  }

  #refused(args: ArgumentReader): void {
    args.uint();
    args.uint();
    this.#out.failed(`the compositor answers: ${args.string().slice(0, maxWords)}`);
  }
}
