/**
 * One device in one consumer. Injected as a whole or not at all: the card's holder, the device rule and the node go
 * together. The provider's node is looked at now and then, so what it stops exporting goes from the consumer too.
 */
import type { GraphLink } from '../../graph/parse.ts';
import type { Pin } from '../../links/pin.ts';
import { hasOwnUserNamespace } from '../../mounts/mapped-ids.ts';
import type { TakeMountSteps } from '../../mounts/mount-file.ts';
import type { ActiveLink, PluginContext } from '../plugin.ts';
import type { DeviceRules } from './device-rules.ts';
import { readExported, sameNode, type Device } from './exported.ts';
import type { Holders } from './holders.ts';
import { mountNode } from './mounted-node.ts';
import { injectNode, type Injected, type InjectResult } from './node.ts';
import { roleRefusal } from './policy.ts';

/** What all links of this type share. */
export interface Shared {
  readonly holders: Holders;
  readonly rules: DeviceRules;
  readonly testDevices: ReadonlySet<string>;
  readonly takeSteps: TakeMountSteps;
}

interface Held {
  readonly device: Device;
  readonly node: Injected;
  readonly remark: string | undefined;
  release(): void;
}

const secondsBetweenLooks = 5;

export class DeviceLink implements ActiveLink {
  readonly #link: GraphLink;
  readonly #consumer: Pin;
  readonly #shared: Shared;
  readonly #context: PluginContext;
  #provider: Pin | undefined;
  #held: Held | undefined;
  #cancelLook: () => void = () => undefined;

  constructor(link: GraphLink, consumer: Pin, shared: Shared, context: PluginContext) {
    this.#link = link;
    this.#consumer = consumer;
    this.#shared = shared;
    this.#context = context;
  }

  get remark(): string | undefined {
    return this.#held?.remark;
  }

  intact(): boolean {
    return this.#held !== undefined && this.#held.node.intact() && this.#changed() === undefined;
  }

  useProvider(provider: Pin | undefined): void {
    this.#provider = provider;
    this.#cancelLook();
    if (provider === undefined) return;
    this.#look();
  }

  close(): void {
    this.#cancelLook();
    this.#drop();
  }

  /** Why it cannot be; undefined: the consumer has the device. */
  inject(provider: Pin): string | undefined {
    this.#provider = provider;
    const refusal = this.#injectFrom(provider);
    if (refusal === undefined) this.#lookLater();
    return refusal;
  }

  #injectFrom(provider: Pin): string | undefined {
    const { role, socket, consumer } = this.#link;
    const exported = readExported(provider.rootFd, socket, this.#shared.testDevices);
    if ('refusal' in exported) return exported.refusal;
    const { device } = exported;
    const refusal = roleRefusal(role, device.kind, socket);
    if (refusal !== undefined) return refusal;
    if (device.kind === 'render') return this.#permit(device, () => undefined);
    const claim = this.#shared.holders.claim(device.rdev, consumer);
    return 'holder' in claim ? `the card ${device.number} is held by container ${claim.holder}; only one can be its master` : this.#permit(device, () => claim.release());
  }

  #permit(device: Device, releaseClaim: () => void): string | undefined {
    const rule = this.#shared.rules.allow(this.#consumer, this.#link.consumer, device.number);
    const remark = rule.kind === 'container decides' ? `the container's own device rules decide whether it can open ${device.number}: it has no version 1 control group for them` : undefined;
    if (remark !== undefined) this.#context.lines.out(`pvx-drm: ${this.#link.consumer}: ${remark}`);
    const result = rule.kind === 'refused' ? { refusal: rule.reason } : this.#place(device);
    const release = (): void => {
      if (rule.kind === 'allowed') rule.release();
      releaseClaim();
    };
    if ('node' in result) {
      this.#held = { device, node: result.node, remark, release };
      return undefined;
    }
    release();
    return result.refusal;
  }

  /** In a container with a user namespace of its own no device node works but one that is mounted there. */
  #place(device: Device): InjectResult {
    const { target } = this.#link;
    return hasOwnUserNamespace(this.#consumer.pid) ? mountNode(this.#shared.takeSteps, this.#consumer, target, device) : injectNode(this.#consumer, target, device);
  }

  #drop(): void {
    this.#held?.node.remove();
    this.#held?.release();
    this.#held = undefined;
  }

  /** How the provider's node is not what was injected. While the provider does not run, nothing has changed. */
  #changed(): string | undefined {
    if (this.#provider?.alive() !== true) return undefined;
    const exported = readExported(this.#provider.rootFd, this.#link.socket, this.#shared.testDevices);
    if ('refusal' in exported) return exported.refusal;
    return this.#held !== undefined && sameNode(exported.device, this.#held.device) ? undefined : `${this.#link.socket} of the provider is another node now`;
  }

  #look(): void {
    const changed = this.#changed();
    if (changed !== undefined && this.#provider !== undefined) {
      if (this.#held !== undefined) this.#context.lines.out(`pvx-drm: ${this.#link.target} is taken from ${this.#link.consumer}: ${changed}`);
      this.#drop();
      if (this.#injectFrom(this.#provider) === undefined) this.#context.lines.out(`pvx-drm: ${this.#link.target} is in ${this.#link.consumer} again`);
    }
    this.#lookLater();
  }

  #lookLater(): void {
    this.#cancelLook = this.#context.clock.after(secondsBetweenLooks, () => this.#look());
  }
}
