/**
 * One device in one consumer. Injected as a whole or not at all: the card's holder, the device rule and the node go
 * together.
 */
import type { GraphLink } from '../../graph/parse.ts';
import type { KeptFile, LeftFile } from '../../handover/records.ts';
import type { Pin } from '../../links/pin.ts';
import { hasOwnUserNamespace } from '../../mounts/mapped-ids.ts';
import { removeMount, type TakeMountSteps } from '../../mounts/mount-file.ts';
import { type Announce, establishFile, type PlaceFile } from '../file-link.ts';
import type { Establish, PluginContext } from '../plugin.ts';
import type { DeviceRules } from './device-rules.ts';
import { numberOf, readExported, sameNode, type Device } from './exported.ts';
import type { Holders } from './holders.ts';
import { mountNode } from './mounted-node.ts';
import { injectNode, type InjectResult, removeNode } from './node.ts';
import { roleRefusal } from './policy.ts';

/** What all links of this type share. */
export interface Shared {
  readonly holders: Holders;
  readonly rules: DeviceRules;
  readonly testDevices: ReadonlySet<string>;
  readonly takeSteps: TakeMountSteps;
}

export function establishDevice(shared: Shared, link: GraphLink, consumer: Pin, provider: Pin, context: PluginContext): Establish {
  const injection = new Injection(shared, link, consumer, context);
  return establishFile({ secondsBetweenLooks: 5, outlivesProvider: true, place: (from, announce) => injection.from(from, announce) }, link, consumer, provider, context);
}

/** Takes away a device that an earlier instance put there, and the rule with it. */
export function removeDevice({ rules, takeSteps }: Shared, { consumer: name, target, left }: KeptFile, consumer: Pin): void {
  const rdev = left.rdev ?? 0;
  try {
    if (left.is === 'mount') removeMount(takeSteps, consumer, target, left);
    else removeNode(consumer, target, left);
  } finally {
    rules.revokeLeft(consumer, name, numberOf(rdev));
  }
}

class Injection {
  readonly #shared: Shared;
  readonly #link: GraphLink;
  readonly #consumer: Pin;
  readonly #context: PluginContext;

  constructor(shared: Shared, link: GraphLink, consumer: Pin, context: PluginContext) {
    this.#shared = shared;
    this.#link = link;
    this.#consumer = consumer;
    this.#context = context;
  }

  from(provider: Pin, announce: Announce): PlaceFile {
    const { role, socket, consumer } = this.#link;
    // In a container with a user namespace of its own no device node works but one that is mounted there.
    const is = hasOwnUserNamespace(this.#consumer.pid) ? 'mount' : 'node';
    const exported = readExported(provider.rootFd, socket, this.#shared.testDevices);
    if ('refusal' in exported) return exported;
    const { device } = exported;
    const refusal = roleRefusal(role, device.kind, socket);
    if (refusal !== undefined) return { refusal, rule: 'role' };
    if (device.kind === 'render') return this.#permit(device, is, announce, () => undefined);
    const claim = this.#shared.holders.claim(device.rdev, consumer);
    return 'holder' in claim ? { refusal: `the card ${device.number} is held by container ${claim.holder}; only one can be its master`, rule: 'card' } : this.#permit(device, is, announce, () => claim.release());
  }

  #permit(device: Device, is: LeftFile['is'], announce: Announce, releaseClaim: () => void): PlaceFile {
    announce({ is, rdev: device.rdev });
    const rule = this.#shared.rules.allow(this.#consumer, this.#link.consumer, device.number);
    const remark = rule.kind === 'container decides' ? `the container's own device rules decide whether it can open ${device.number}: ${rule.reason}` : undefined;
    if (remark !== undefined) this.#context.lines.out(`pvx-drm: ${this.#link.consumer}: ${remark}`);
    const result = rule.kind === 'refused' ? { refusal: rule.reason } : this.#place(device, is);
    const release = (): void => {
      try {
        if (rule.kind === 'allowed') rule.release();
      } finally {
        releaseClaim();
      }
    };
    if ('refusal' in result) {
      release();
      return result;
    }
    const remove = (): void => {
      result.node.remove();
      release();
    };
    return { placed: { remark, left: result.node.left, intact: () => result.node.intact(), changed: (provider) => this.#changed(provider, device), remove } };
  }

  #place(device: Device, is: LeftFile['is']): InjectResult {
    const { target } = this.#link;
    return is === 'mount' ? mountNode(this.#shared.takeSteps, this.#consumer, target, device) : injectNode(this.#consumer, target, device);
  }

  #changed(provider: Pin, injected: Device): string | undefined {
    const exported = readExported(provider.rootFd, this.#link.socket, this.#shared.testDevices);
    if ('refusal' in exported) return exported.refusal;
    return sameNode(exported.device, injected) ? undefined : `${this.#link.socket} of the provider is another node now`;
  }
}
