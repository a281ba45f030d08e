/** The drm plugin by itself between containers that run, with /dev/null's number (1:3) as the harmless device. */
import { chownSync, chmodSync, mkdirSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { dirname } from 'node:path';
import { ManualClock } from '@pv/testkit/manual-clock';
import { onTestFinished } from 'vitest';
import { pinContainer, type Pin } from '../../src/links/pin.ts';
import { drmPlugin } from '../../src/plugins/drm/drm.ts';
import type { TakeMountSteps } from '../../src/mounts/mount-file.ts';
import type { ActiveLink, Establish, PluginContext } from '../../src/plugins/plugin.ts';
import type { GraphLink } from '../../src/graph/parse.ts';
import { link, withoutStore } from './daemon.ts';

interface Peer {
  readonly name: string;
  readonly pid: number;
}

export const card = '/dev/dri/card0';
export const render = '/dev/dri/renderD128';

export const drmLink = (consumer: Peer, provider: Peer, more: Partial<GraphLink> = {}): GraphLink =>
  link(consumer, provider, { type: 'drm', name: 'drm-master', socket: card, target: card, interface: 'drm', ...more });

export class DrmBench {
  readonly plugin;
  readonly clock = new ManualClock();
  readonly out: string[] = [];
  readonly refused: string[] = [];

  /** `takeSteps`: of bundleMountWorker, for containers with a user namespace. */
  constructor(takeSteps: TakeMountSteps = () => { throw new Error('no mount is expected here'); }) {
    this.plugin = drmPlugin(new Set(['1:3']), takeSteps);
  }

  /** Throws the reason when it cannot be. */
  establish(consumer: Peer, provider: Peer, more: Partial<GraphLink> = {}): ActiveLink {
    const result = this.attempt(consumer, provider, more);
    if (result.kind === 'failed') throw new Error(result.reason);
    onTestFinished(() => result.active.close(0));
    return result.active;
  }

  refusal(consumer: Peer, provider: Peer, more: Partial<GraphLink> = {}): string {
    const result = this.attempt(consumer, provider, more);
    if (result.kind === 'failed') return result.reason;
    result.active.close(0);
    throw new Error('it was established');
  }

  attempt(consumer: Peer, provider: Peer, more: Partial<GraphLink>): Establish {
    const context = { lines: { out: (line: string) => this.out.push(line), err: (line: string) => this.out.push(line) }, clock: this.clock, random: Math.random, keeper: withoutStore(), refused: (what: string) => this.refused.push(what) } as unknown as PluginContext;
    return this.plugin.establish(drmLink(consumer, provider, more), pinned(consumer), pinned(provider), context);
  }
}

export function pinned({ pid, name }: Peer): Pin {
  const result = pinContainer(pid, name);
  if (result.kind !== 'pinned') throw new Error(`${name}: ${JSON.stringify(result)}`);
  onTestFinished(() => result.pin.close());
  return result.pin;
}

/** A character device at a path of the host; `numbers`: `[major, minor]`. */
export function makeDevice(path: string, numbers: readonly [number, number], { mode = 0o660, uid = 0, gid = 44, type = 'c' } = {}): void {
  mkdirSync(dirname(path), { recursive: true });
  execFileSync('mknod', [path, type, ...numbers.map(String)]);
  chownSync(path, uid, gid);
  chmodSync(path, mode);
}
