/** Devices as the graph comes and goes: the whole life of drm links, between real mount namespaces. */
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { closeFd } from '@pv/pv-native/fd';
import { packetPair } from '@pv/pv-native/socket';
import { ManualClock } from '@pv/testkit/manual-clock';
import { expect, onTestFinished, test } from 'vitest';
import { Keeper } from '../../../src/handover/keeper.ts';
import { FdStore } from '../../../src/handover/store.ts';
import { Mesh } from '../../../src/links/mesh.ts';
import { pinContainer } from '../../../src/links/pin.ts';
import type { SlotContext } from '../../../src/links/slot.ts';
import { drmPlugin } from '../../../src/plugins/drm/drm.ts';
import { startContainer, type Container } from '../../kit/container.ts';
import { card, drmLink, makeDevice } from '../../kit/drm.ts';
import { withoutStore } from '../../kit/daemon.ts';

class MeshBench {
  readonly clock = new ManualClock();
  readonly out: string[] = [];
  readonly err: string[] = [];
  readonly mesh: Mesh;

  constructor(keeper = withoutStore()) {
    const plugins = new Map([['drm', drmPlugin(new Set(), () => undefined)]]);
    // No byte of a drm link goes through the relay.
    const unused = { relay: { counters: () => new Map() }, keeper };
    this.mesh = new Mesh({
      plugins, pin: pinContainer, clock: this.clock, random: () => 0.5, timestamp: () => '', ...unused,
      lines: { out: (line: string) => this.out.push(line), err: (line: string) => this.err.push(line) },
    } as unknown as SlotContext);
    onTestFinished(() => this.mesh.close());
  }
}

async function trio(): Promise<{ consumer: Container; rival: Container; provider: Container; bench: MeshBench }> {
  const [consumer, rival, provider] = await Promise.all(['consumer', 'rival', 'provider'].map((stem) => startContainer(stem)));
  if (consumer === undefined || rival === undefined || provider === undefined) throw new Error('three were started');
  makeDevice(provider.at(card), [226, 0]);
  return { consumer, rival, provider, bench: new MeshBench() };
}

test('7.1-4 a card comes with the link and goes with it; what pv-xconnect did is in its lines', async () => {
  const { consumer, provider, bench } = await trio();
  bench.mesh.apply([drmLink(consumer, provider)]);
  expect(statSync(consumer.at(card)).rdev).toBe(statSync(provider.at(card)).rdev);
  expect(await bench.mesh.status()).toMatchObject([{ state: 'established', reason: "the container's own device rules decide whether it can open 226:0: it has no control group of its own" }]);
  bench.mesh.apply([]);
  expect(readdirSync(consumer.at('/dev/dri'))).toEqual([]);
  expect(bench.out).toEqual([
    `Adding link: ${consumer.name} (pid=${consumer.pid}, drm) -> ${card} (inject to: ${card})`,
    `pvx-drm: Adding DRM link for ${consumer.name} (role: client) [${consumer.name}/drm-master]`,
    `pvx-drm: Target: ${card}, Provider Node: ${card} [${consumer.name}/drm-master]`,
    `pvx-drm: ${consumer.name}: the container's own device rules decide whether it can open 226:0: it has no control group of its own [${consumer.name}/drm-master]`,
    `Link established: ${consumer.name}/drm-master`,
    `Removing link: ${consumer.name}/drm-master (target ${card})`,
  ]);
  expect(bench.err).toEqual([]);
});

test('a second consumer waits for the card by itself, and has it when the first link has gone', async () => {
  const { consumer, rival, provider, bench } = await trio();
  bench.mesh.apply([drmLink(consumer, provider), drmLink(rival, provider)]);
  expect(bench.err).toEqual([
    `audit: refused consumer=${rival.name} service=drm-master provider=${provider.name} role=client rule=card: the card 226:0 is held by container ${consumer.name}; only one can be its master`,
    `Failed to add link for drm-master: the card 226:0 is held by container ${consumer.name}; only one can be its master (consumer ${rival.name}, target ${card})`,
  ]);
  bench.clock.advance(120);
  expect([bench.err.length, (await bench.mesh.status()).map(({ refused }) => refused)]).toEqual([2, [0, 1]]);
  expect(existsSync(rival.at(card))).toBe(false);
  bench.mesh.apply([drmLink(rival, provider)]);
  bench.clock.advance(30);
  expect([existsSync(consumer.at(card)), existsSync(rival.at(card))]).toEqual([false, true]);
});

test('what the rules for devices and roles refuse has its audit line each time it begins, and counts; a device that is not there does not', async () => {
  const { consumer, provider, bench } = await trio();
  const audited = async (): Promise<unknown> => [bench.err.flatMap((line) => /rule=(.*)/.exec(line)?.[1] ?? []), (await bench.mesh.status()).map(({ refused }) => refused)];
  const wrongRole = "role: the role 'render' gets render nodes only, and /dev/dri/card0 is a card; ask for it with the role 'master'";
  const noDevice = `device: ${card} is the device 1:1, which is no DRM device; only those of major 226 are handed out`;
  bench.mesh.apply([drmLink(consumer, provider, { role: 'render' })]);
  expect(await audited()).toEqual([[wrongRole], [1]]);
  bench.mesh.apply([drmLink(consumer, provider)]);
  expect(existsSync(consumer.at(card))).toBe(true);
  for (const count of [1, 2]) {
    rmSync(provider.at(card));
    makeDevice(provider.at(card), [1, 1]);
    bench.clock.advance(30);
    expect([existsSync(consumer.at(card)), await audited()]).toEqual([false, [[wrongRole, ...Array<string>(count).fill(noDevice)], [count]]]);
    rmSync(provider.at(card));
    bench.clock.advance(30);
    makeDevice(provider.at(card), [226, 0]);
    bench.clock.advance(30);
    expect([existsSync(consumer.at(card)), await audited()]).toEqual([true, [[wrongRole, ...Array<string>(count).fill(noDevice)], [count]]]);
  }
});

test('after a crash the card stays with the container that has it, whoever comes first in the graph', async () => {
  const { consumer, rival, provider } = await trio();
  const [write, read] = packetPair(1024 * 1024);
  onTestFinished(() => [write, read].forEach(closeFd));
  const keeper = (): Keeper => new Keeper(new FdStore(write, read, () => () => undefined), () => undefined);
  const links = [drmLink(consumer, provider), drmLink(rival, provider)];
  new MeshBench(keeper()).mesh.apply(links);
  const { ino } = statSync(consumer.at(card));
  new MeshBench(keeper()).mesh.apply([...links].reverse());
  expect([statSync(consumer.at(card)).ino, existsSync(rival.at(card))]).toEqual([ino, false]);
});

test('a device that appears later is handed out then, and one that the provider loses goes', async () => {
  const { consumer, provider, bench } = await trio();
  rmSync(provider.at(card));
  bench.mesh.apply([drmLink(consumer, provider)]);
  expect(bench.err.at(-1)).toContain(`${card} of the provider: No such file or directory`);
  makeDevice(provider.at(card), [226, 0]);
  bench.clock.advance(30);
  expect(existsSync(consumer.at(card))).toBe(true);
  rmSync(provider.at(card));
  bench.clock.advance(30);
  expect(existsSync(consumer.at(card))).toBe(false);
});

test('a restarted provider leaves the node in the consumer the file that it is', async () => {
  const { consumer, provider, bench } = await trio();
  bench.mesh.apply([drmLink(consumer, provider)]);
  const { ino } = statSync(consumer.at(card));
  await provider.kill();
  bench.mesh.apply([drmLink(consumer, provider)]);
  await provider.start();
  bench.mesh.apply([drmLink(consumer, provider)]);
  expect(bench.out.at(-1)).toBe(`Link established: ${consumer.name}/drm-master`);
  expect(statSync(consumer.at(card)).ino).toBe(ino);
});

test('7.2-14 without a consumer that runs nothing is touched', async () => {
  const { consumer, provider, bench } = await trio();
  bench.mesh.apply([drmLink({ name: consumer.name, pid: 0 }, provider)]);
  expect(bench.out.at(-1)).toContain(`container ${consumer.name} does not run`);
  expect(existsSync(consumer.at('/dev'))).toBe(false);
});
