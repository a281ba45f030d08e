/**
 * `"mode": "direct"`: the provider's socket itself, mounted into the consumer. No byte passes through here, and so none
 * is counted, and connections that are open when the link goes stay open: only new ones are prevented.
 * A socket that the provider makes anew is another file, so the provider's path is looked at now and then.
 */
import { errnoText, SystemError } from '@pv/pv-native/errors';
import { closeFd, statFd } from '@pv/pv-native/fd';
import { O_PATH, openInRoot } from '@pv/pv-native/openat';
import type { GraphLink } from '../../graph/parse.ts';
import type { Pin } from '../../links/pin.ts';
import { isSame, type FileId } from '../../links/place.ts';
import { fileSource, mountFile, type Mounted, type TakeMountSteps } from '../../mounts/mount-file.ts';
import { isSocket } from '../../mounts/target.ts';
import type { ActiveLink, Establish, PluginContext } from '../plugin.ts';

const secondsBetweenLooks = 1;

export function establishDirect(link: GraphLink, consumer: Pin, provider: Pin, context: PluginContext, takeSteps: TakeMountSteps): Establish {
  context.lines.out(`pvx-unix: Mounting socket ${link.socket} of ${link.provider} at ${link.target} of pid ${consumer.pid}`);
  const active = new DirectLink(link, consumer, context, takeSteps);
  const refusal = active.mountFrom(provider);
  return refusal === undefined ? { kind: 'established', active } : { kind: 'failed', reason: refusal };
}

class DirectLink implements ActiveLink {
  readonly #link: GraphLink;
  readonly #consumer: Pin;
  readonly #context: PluginContext;
  readonly #takeSteps: TakeMountSteps;
  #provider: Pin | undefined;
  #mounted: Mounted | undefined;
  #lastRefusal: string | undefined;
  #cancelLook: () => void = () => undefined;

  constructor(link: GraphLink, consumer: Pin, context: PluginContext, takeSteps: TakeMountSteps) {
    this.#link = link;
    this.#consumer = consumer;
    this.#context = context;
    this.#takeSteps = takeSteps;
  }

  /** Without a provider there is nothing to be found. */
  intact(): boolean {
    return this.#provider === undefined || (this.#mounted !== undefined && this.#mounted.intact() && this.#isCurrent(this.#mounted.id));
  }

  /** A mount keeps the provider's file system from being freed, so it goes with the provider's process. */
  useProvider(provider: Pin | undefined): void {
    this.#cancelLook();
    this.#drop();
    this.#provider = provider;
    if (provider !== undefined) this.#look();
  }

  close(): void {
    this.#cancelLook();
    this.#drop();
  }

  /** Why it cannot be; undefined: it is mounted. */
  mountFrom(provider: Pin): string | undefined {
    this.#provider = provider;
    const refusal = this.#mountFrom(provider);
    if (refusal === undefined) this.#lookLater();
    return refusal;
  }

  #mountFrom(provider: Pin): string | undefined {
    return withSocket(provider, this.#link.socket, (fd, id) => {
      const result = mountFile(this.#takeSteps, fileSource(fd, id, provider), this.#consumer, this.#link.target);
      if ('refusal' in result) return result.refusal;
      this.#mounted = result.mounted;
      return undefined;
    });
  }

  #drop(): void {
    this.#mounted?.remove();
    this.#mounted = undefined;
  }

  #isCurrent(id: FileId): boolean {
    return this.#provider !== undefined && withSocket(this.#provider, this.#link.socket, (_fd, current) => (isSame(current, id) ? undefined : 'another')) === undefined;
  }

  #look(): void {
    if (this.#provider?.alive() === true && (this.#mounted === undefined || !this.#isCurrent(this.#mounted.id))) {
      this.#drop();
      this.#tell(this.#mountFrom(this.#provider));
    }
    this.#lookLater();
  }

  /** Each refusal once, until it is another. */
  #tell(refusal: string | undefined): void {
    const { consumer, name, target } = this.#link;
    if (refusal === undefined) this.#context.lines.out(`pvx-unix: The provider made its socket anew; ${target} of ${consumer} is that one now`);
    else if (refusal !== this.#lastRefusal) this.#context.lines.err(`Could not mount the provider's socket for ${consumer}/${name}: ${refusal}`);
    this.#lastRefusal = refusal;
  }

  #lookLater(): void {
    this.#cancelLook = this.#context.clock.after(secondsBetweenLooks, () => this.#look());
  }
}

/** Gives `work` the provider's socket, `O_PATH`, resolved inside its root; the reason when it is none. */
function withSocket(provider: Pin, path: string, work: (fd: number, id: FileId) => string | undefined): string | undefined {
  let fd: number;
  try {
    fd = openInRoot(provider.rootFd, path, O_PATH);
  } catch (error) {
    if (error instanceof SystemError) return `${path} of the provider: ${errnoText(error.errno)}`;
    throw error;
  }
  try {
    const stat = statFd(fd);
    return isSocket(stat.mode) ? work(fd, stat) : `${path} of the provider: it is not a socket`;
  } finally {
    closeFd(fd);
  }
}
