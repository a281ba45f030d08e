/** Time that does not pass as it should: a wall clock that jumps by years, and a process that stands still. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { paths } from '@pv/contract/paths';
import { systemClock } from '@pv/runtime/clock';
import { waitFor } from '@pv/testkit/wait-for';
import { expect, test } from 'vitest';
import { call } from '../src/http-call.ts';
import { tempDir } from './kit/cleanup.ts';
import { link } from './kit/daemon.ts';
import { place, target, type Place } from './kit/place.ts';
import { bundleProgram } from './kit/program.ts';
import { ask, dial, readAll, serve } from './kit/sockets.ts';

bundleProgram();

/** A wall clock of one program's own: it shows what is in a file, relative to the true one. Its monotonic clock stays true. */
class WallClock {
  readonly #file = join(tempDir(), 'offset');

  constructor() {
    this.shift('+0');
  }

  /** `+20y`, `-20y`. */
  shift(offset: string): void {
    writeFileSync(this.#file, `${offset}\n`);
  }

  get env(): Readonly<Record<string, string>> {
    // The loader puts its library directory in the place of $LIB.
    return { LD_PRELOAD: '/usr/$LIB/faketime/libfaketimeMT.so.1', FAKETIME_TIMESTAMP_FILE: this.#file, FAKETIME_NO_CACHE: '1', FAKETIME_DONT_FAKE_MONOTONIC: '1' };
  }
}

/** The year in which a link came into its state, as the program itself sees it. */
async function yearOf({ run }: Place, name: string): Promise<number> {
  const answer = await call({ socketPath: join(run, 'xconnect', 'pv-xconnect'), ...paths.listLinks, deadline: 10, clock: systemClock });
  if (answer.kind !== 'answer') throw new Error(answer.reason);
  const links = JSON.parse(answer.body.toString()) as { name: string; since: string }[];
  return new Date(links.find((one) => one.name === name)?.since ?? '').getFullYear();
}

test('7.2-20 jumps of the wall clock, 20 years on and 40 back, neither end nor hold up a retry, a request that is held, a session or its linger', async () => {
  const scene = await place();
  const { core, consumer, provider, start } = scene;
  const clock = new WallClock();
  const accepted: Socket[] = [];
  await serve(provider.at('/run/example/patient.sock'), (socket) => accepted.push(socket.resume()));
  const blocked = (name: string) => link(consumer, provider, { name, target: `/run/blocked/${name}` });
  const links = [link(consumer, provider), link(consumer, provider, { name: 'patient', socket: '/run/example/patient.sock', target: '/run/patient.sock' }), blocked('on'), blocked('back')];
  mkdirSync(consumer.at('/run/blocked'));
  for (const name of ['on', 'back']) writeFileSync(consumer.at(`/run/blocked/${name}`), 'in the way');
  core.set(links);
  const daemon = start(clock.env);
  await daemon.printed(`Link established: ${consumer.name}/patient`);
  await waitFor(() => daemon.err().includes('Failed to add link for back'), { what: 'a link that is tried again', detail: daemon.err });
  const [open, halfOpen] = await Promise.all([dial(consumer.at(target)), dial(consumer.at('/run/patient.sock'))]);
  halfOpen.end('no more of me');
  const heard: string[] = [];
  for (const socket of [open, halfOpen]) socket.on('data', (chunk: Buffer) => heard.push(chunk.toString()));
  const provided = await waitFor(() => accepted.find(({ readableEnded }) => readableEnded), { what: 'a half-open session' });

  for (const [direction, offset] of [['on', '+20y'], ['back', '-20y']] as const) {
    await waitFor(() => core.held === 1, { what: 'a request that is held' });
    clock.shift(offset);
    links.push(link(consumer, provider, { name: `after-${direction}`, target: `/run/after-${direction}.sock` }));
    core.set(links);
    await daemon.printed(`Link established: ${consumer.name}/after-${direction}`);
    expect(Math.abs((await yearOf(scene, `after-${direction}`)) - new Date().getFullYear())).toBeGreaterThanOrEqual(19);
    rmSync(consumer.at(`/run/blocked/${direction}`));
    await daemon.printed(`Link established: ${consumer.name}/${direction}`);
    open.write(`open ${direction}`);
    provided.write(`half-open ${direction}`);
    await waitFor(() => heard.includes(`open ${direction}`) && heard.includes(`half-open ${direction}`), { what: 'both sessions', detail: () => heard.join() });
  }
  expect(await ask(consumer.at(target), 'and a new one')).toBe('and a new one');
});

test('7.2-20 a pv-xconnect that stood still while everything else went on is right again when it goes on, as after a suspend', async () => {
  const { core, consumer, provider, start } = await place();
  const daemon = start();
  await daemon.printed('Link established');
  const session = await dial(consumer.at(target));
  await daemon.printed('Accepted connection');
  daemon.child.kill('SIGSTOP');
  await provider.kill();
  await provider.start();
  core.stop();
  await core.start();
  core.set([link(consumer, provider), link(consumer, provider, { name: 'new', target: '/run/new.sock' })]);
  const waiting = ask(consumer.at(target), 'asked meanwhile');
  daemon.child.kill('SIGCONT');
  await daemon.printed('Re-establishing link');
  await daemon.printed(`Link established: ${consumer.name}/new`);
  // It was with the process that was killed.
  expect((await readAll(session)).length).toBe(0);
  // Taken on before the new graph came, or after it.
  expect(['', 'asked meanwhile']).toContain(await waiting);
  await waitFor(async () => (await ask(consumer.at(target), 'again')) === 'again', { what: 'the restarted provider' });
  expect(await ask(consumer.at('/run/new.sock'), 'new')).toBe('new');
});
