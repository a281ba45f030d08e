/**
 * File systems of a container that never answer: they cost the links that lie on them, not the mesh. By the program itself,
 * as a process of its own: one that hangs could not be ended from within.
 */
import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { waitFor } from '@pv/testkit/wait-for';
import { expect, test } from 'vitest';
import { startContainer, type Container } from '../kit/container.ts';
import { link } from '../kit/daemon.ts';
import { mountHung, mountKnown } from '../kit/hung-mount.ts';
import { place, target, type Place } from '../kit/place.ts';
import { bundleProgram, type Program } from '../kit/program.ts';
import { ask, echo, serve } from '../kit/sockets.ts';
import type { GraphLink } from '../../src/graph/parse.ts';

bundleProgram();

/** Its escape in the mount table is `\\040`. */
const hung = '/run/hung mount';
const reason = 'is on a file system of the type fuse, which may never answer';

interface Scene extends Place {
  readonly daemon: Program;
  readonly hanging: Container;
}

async function scene(): Promise<Scene> {
  const [all, hanging] = await Promise.all([place(), startContainer('hanging')]);
  const daemon = all.start();
  await daemon.printed('Link established');
  return { ...all, daemon, hanging };
}

/** With that link in the graph, another one that comes later, and their sessions, work. */
async function expectOthersServed({ core, consumer, provider, daemon }: Scene, bad: GraphLink): Promise<void> {
  core.set([link(consumer, provider), bad, link(consumer, provider, { name: 'later', target: '/run/later.sock' })]);
  await daemon.printed(`Link established: ${consumer.name}/later`);
  expect(await ask(consumer.at(target), 'others')).toBe('others');
  expect(await ask(consumer.at('/run/later.sock'), 'later ones')).toBe('later ones');
}

const expectSaid = (daemon: Program, text: string): Promise<unknown> => waitFor(() => daemon.err().includes(text), { what: `the complaint '${text}'`, detail: daemon.err });

test('a provider whose socket is on one is refused with the reason, and so is a path that a link leads through', async () => {
  const all = await scene();
  await mountHung(all.hanging, hung);
  symlinkSync(hung, all.hanging.at('/run/alias'));
  await expectOthersServed(all, link(all.consumer, all.hanging, { name: 'hung', socket: `${hung}/x.sock`, target: '/run/hung.sock' }));
  await expectSaid(all.daemon, `${hung}/x.sock ${reason}`);
  await expectOthersServed(all, link(all.consumer, all.hanging, { name: 'alias', socket: '/run/alias/x.sock', target: '/run/alias.sock' }));
  await expectSaid(all.daemon, `/run/alias/x.sock leads through a symbolic link, and ${hung} is of the type fuse`);
});

test('a consumer whose target is on one, or is one, is refused with the reason', async () => {
  const all = await scene();
  await mountHung(all.hanging, hung);
  for (const path of [`${hung}/x.sock`, hung]) {
    await expectOthersServed(all, link(all.hanging, all.provider, { name: 'hung', target: path }));
    await expectSaid(all.daemon, `${path} ${reason}`);
  }
});

test('one that is mounted over a socket after the link was made closes the connections that would look it up', async () => {
  const all = await scene();
  const { core, consumer, provider, hanging, daemon } = all;
  await serve(hanging.at('/run/example/x.sock'), echo);
  const bad = link(consumer, hanging, { name: 'hung', socket: '/run/example/x.sock', target: '/run/hung.sock' });
  core.set([link(consumer, provider), bad]);
  await daemon.printed(`Link established: ${consumer.name}/hung`);
  expect(await ask(consumer.at('/run/hung.sock'), 'before')).toBe('before');
  await mountHung(hanging, '/run/example');
  for (let round = 0; round < 5; round++) expect(await ask(consumer.at('/run/hung.sock'), 'after')).toBe('');
  await expectOthersServed(all, bad);
  await expectSaid(daemon, `Could not connect to provider socket /run/example/x.sock for ${consumer.name}/hung: /run/example/x.sock ${reason}`);
});

test('one that is mounted over a target after the link was made fails that link, with the reason', async () => {
  const all = await scene();
  const { core, consumer, provider, hanging, daemon } = all;
  const bad = link(hanging, provider, { name: 'hung', target: '/run/in/x.sock' });
  core.set([link(consumer, provider), bad]);
  await daemon.printed(`Link established: ${hanging.name}/hung`);
  await mountHung(hanging, '/run/in');
  await expectOthersServed(all, bad);
  await expectSaid(daemon, `/run/in/x.sock ${reason}`);
});

test('one that is mounted over what is handed out itself takes it from the consumer, with the reason', async () => {
  const all = await scene();
  const { core, consumer, provider, hanging, daemon } = all;
  await serve(hanging.at('/run/example/x.sock'), echo);
  const bad = link(consumer, hanging, { name: 'hung', mode: 'direct', socket: '/run/example/x.sock', target: '/run/hung.sock' });
  core.set([link(consumer, provider), bad]);
  await daemon.printed(`Link established: ${consumer.name}/hung`);
  await mountHung(hanging, '/run/example');
  await daemon.printed(`/run/hung.sock is taken from ${consumer.name}: /run/example/x.sock ${reason}`);
  await expectOthersServed(all, bad);
});

test.each([
  ['an injected', {}],
  ['a mounted', { mode: 'direct' }],
] as const)('one that begins at the very name of %s socket fails that link, and holds nothing up when the link goes', async (_, mode) => {
  const all = await scene();
  const { core, consumer, provider, hanging, daemon } = all;
  const bad = link(hanging, provider, { name: 'hung', ...mode, target: '/run/in/x.sock' });
  core.set([link(consumer, provider), bad]);
  await daemon.printed(`Link established: ${hanging.name}/hung`);
  await mountHung(hanging, '/run/in/x.sock', 'socket');
  core.set([link(consumer, provider)]);
  await daemon.printed(`Removing link: ${hanging.name}/hung`);
  await expectOthersServed(all, bad);
  await expectSaid(daemon, `/run/in/x.sock ${reason}`);
});

test("one that begins at the very name of a provider's socket closes the connections that would ask it", async () => {
  const all = await scene();
  const { core, consumer, provider, hanging, daemon } = all;
  await serve(hanging.at('/run/example/x.sock'), echo);
  const bad = link(consumer, hanging, { name: 'hung', socket: '/run/example/x.sock', target: '/run/hung.sock' });
  core.set([link(consumer, provider), bad]);
  await daemon.printed(`Link established: ${consumer.name}/hung`);
  await mountHung(hanging, '/run/example/x.sock', 'socket');
  for (let round = 0; round < 5; round++) expect(await ask(consumer.at('/run/hung.sock'), 'after')).toBe('');
  await expectOthersServed(all, bad);
  await expectSaid(daemon, `/run/example/x.sock ${reason}`);
});

test('one that has answered before, so that the kernel knows the socket, closes the connections that would ask it', async () => {
  const all = await scene();
  const { core, consumer, provider, hanging, daemon } = all;
  await serve(hanging.at('/run/example/x.sock'), echo);
  const bad = link(consumer, hanging, { name: 'hung', socket: '/run/example/x.sock', target: '/run/hung.sock' });
  core.set([link(consumer, provider), bad]);
  await daemon.printed(`Link established: ${consumer.name}/hung`);
  expect(await ask(consumer.at('/run/hung.sock'), 'before')).toBe('before');
  await mountKnown(hanging, '/run/example', 'x.sock');
  for (let round = 0; round < 5; round++) expect(await ask(consumer.at('/run/hung.sock'), 'after')).toBe('');
  await expectOthersServed(all, bad);
  await expectSaid(daemon, `/run/example/x.sock ${reason}`);
});

test('a container that has one elsewhere is served as any other', async () => {
  const all = await scene();
  const { hanging, consumer } = all;
  await mountHung(hanging, hung);
  await serve(hanging.at('/run/example/x.sock'), echo);
  await expectOthersServed(all, link(consumer, hanging, { name: 'fine', socket: '/run/example/x.sock', target: '/run/fine.sock' }));
  expect(await ask(consumer.at('/run/fine.sock'), 'fine')).toBe('fine');
  // Not in the kernel's cache either.
  rmSync(hanging.at('/run/example/x.sock'));
  expect(await ask(consumer.at('/run/fine.sock'), 'gone')).toBe('');
  await expectSaid(all.daemon, 'No such file or directory');
});

test('a bus whose /etc is one has nobody for every role', async () => {
  const all = await scene();
  const { hanging, consumer } = all;
  mkdirSync(hanging.at('/etc'));
  await mountHung(hanging, '/etc');
  await serve(hanging.at('/run/example/bus.sock'), echo);
  await expectOthersServed(all, link(consumer, hanging, { type: 'dbus', name: 'bus', role: 'root', socket: '/run/example/bus.sock', target: '/run/bus.sock' }));
  await all.daemon.printed("Role 'root' not found in provider, using UID 65534 (nobody)");
});
