import { existsSync, lstatSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { tempDir } from './kit/cleanup.ts';
import { link } from './kit/daemon.ts';
import { place, target } from './kit/place.ts';
import { bundleProgram, program } from './kit/program.ts';
import { ask, dial, readAll, serve } from './kit/sockets.ts';

bundleProgram();

test('--help and --version explain themselves', async () => {
  const [help, version] = await Promise.all([program(['--help']).ended(), program(['--version']).ended()]);
  expect(help).toMatchObject({ code: 0, err: '' });
  expect(help.out[0]).toBe('Usage: pv-xconnect [--help | --version]');
  expect(version).toMatchObject({ code: 0, err: '', out: ['pv-xconnect test'] });
});

test('an unknown argument is refused with the next step', async () => {
  expect(await program(['--fast']).ended()).toEqual({ code: 1, out: [], err: "pv-xconnect: unknown argument '--fast'\nTry: pv-xconnect --help\n" });
  expect(await program(['a\nb']).ended()).toMatchObject({ code: 1, err: "pv-xconnect: unknown argument 'a\\x0ab'\nTry: pv-xconnect --help\n" });
});

test('without a run directory it says what to do', async () => {
  const ended = await program([], { PV_SYSTEM_RUNDIR: join(tempDir(), 'absent') }).ended();
  expect(ended).toMatchObject({ code: 1, out: ['pv-xconnect starting...'], err: expect.stringContaining('does not exist. Start pv-appengine') });
});

test('what cannot be a run directory is named with the reason and the next step', async () => {
  const root = tempDir();
  const [file, long, taken] = [join(root, 'file'), join(root, 'd'.repeat(120)), join(root, 'taken')];
  writeFileSync(file, '');
  mkdirSync(long);
  mkdirSync(taken);
  writeFileSync(join(taken, 'xconnect'), '');
  for (const [run, reason] of [[file, 'ENOTDIR'], [long, 'ENAMETOOLONG'], [taken, 'ENOTDIR'], ['/proc/self', 'ENOENT']] as const) {
    const { code, err } = await program([], { PV_SYSTEM_RUNDIR: run }).ended();
    expect(code).toBe(1);
    expect(err.split('\n')).toEqual([expect.stringMatching(`^pv-xconnect: ${run} cannot be the run directory: ${reason}: .*\\. Name another with PV_SYSTEM_RUNDIR\\.$`), '']);
  }
});

test('7.1-18 by hand, with nobody there, it is the daemon and prints each step; SIGTERM takes the injected socket away and exits 0', async () => {
  const { run, consumer, start } = await place();
  const daemon = start();
  await daemon.printed('Link established');
  expect(await ask(consumer.at(target), 'hello')).toBe('hello');
  expect(statSync(join(run, 'xconnect', 'pv-xconnect')).mode & 0o777).toBe(0o600);
  expect(statSync(join(run, 'xconnect')).mode & 0o777).toBe(0o700);
  const ended = await daemon.signal('SIGTERM');
  expect(ended).toMatchObject({ code: 0, err: '' });
  expect(ended.out.at(-1)).toBe('Caught an interrupt signal; terminating cleanly.');
  expect([existsSync(consumer.at(target)), existsSync(join(run, 'xconnect', 'pv-xconnect'))]).toEqual([false, false]);
});

test('7.2-23 a half-open session ends after the seconds of PV_XCONNECT_LINGER', async () => {
  const { consumer, provider, core, start } = await place();
  await serve(provider.at('/run/example/silent.sock'), (socket) => void socket.resume());
  core.set([link(consumer, provider, { socket: '/run/example/silent.sock' })]);
  const daemon = start({ PV_XCONNECT_LINGER: '1' });
  await daemon.printed('Link established');
  const session = await dial(consumer.at(target));
  session.end('a request that nobody answers');
  expect((await readAll(session)).toString()).toBe('');
});

test('a store that is none is named, and it works on without one', async () => {
  const { start } = await place();
  const daemon = start({ PV_XCONNECT_STORE: '3;4' });
  await daemon.printed('Link established');
  expect(await daemon.signal('SIGTERM')).toMatchObject({ code: 0, err: "pv-xconnect: PV_XCONNECT_STORE is '3;4', not two descriptors such as '3,4': nothing will outlive this process.\n" });
});

test('SIGINT ends it as cleanly', async () => {
  const { start } = await place();
  const daemon = start();
  await daemon.printed('Link established');
  expect(await daemon.signal('SIGINT')).toMatchObject({ code: 0, err: '' });
});

test('7.2-15 after SIGKILL, with sessions open, a new one injects again at once and connections work', async () => {
  const { consumer, start } = await place();
  const first = start();
  await first.printed('Link established');
  const session = await dial(consumer.at(target));
  const { ino } = lstatSync(consumer.at(target));
  expect((await first.signal('SIGKILL')).code).toBe(null);
  expect(lstatSync(consumer.at(target)).ino).toBe(ino);
  session.destroy();
  const second = start({ PV_XCONNECT_MANAGED: '1' });
  await second.printed('Link established');
  expect(await ask(consumer.at(target), 'back')).toBe('back');
  expect(second.err()).toBe('');
});

test('7.1-18 beside a running one it asks for a reconcile, prints the links as they are, and exits 0', async () => {
  const { core, consumer, provider, start } = await place();
  const managed = start({ PV_XCONNECT_MANAGED: '1' });
  await managed.printed('Link established');
  core.set([link(consumer, provider), link(consumer, provider, { name: 'late', provider: 'absent', provider_pid: 0, target: '/run/late.sock' })]);
  await managed.printed('Link waiting');
  const { ino } = lstatSync(consumer.at(target));
  const ended = await start().ended();
  const adding = (path: string) => `Adding link: ${consumer.name} (pid=${consumer.pid}, unix) -> /run/example/raw.sock (inject to: ${path})`;
  expect(ended).toEqual({
    code: 0,
    err: '',
    out: [
      'pv-xconnect starting...',
      'Connected to pv-ctrl',
      `pv-xconnect (pid ${managed.pid}) already manages the mesh and was asked to reconcile`,
      'Reconciling graph with 2 links',
      adding(target),
      `Link established: ${consumer.name}/raw`,
      adding('/run/late.sock'),
      `Link waiting: ${consumer.name}/late: container absent does not run`,
    ],
  });
  expect(lstatSync(consumer.at(target)).ino).toBe(ino);
});

test('beside a running one that cannot reach pv-core it says so and exits 1; the mesh works on', async () => {
  const { core, consumer, start } = await place();
  const managed = start({ PV_XCONNECT_MANAGED: '1' });
  await managed.printed('Link established');
  core.stop();
  expect(await start().ended()).toMatchObject({ code: 1, out: ['pv-xconnect starting...'], err: expect.stringMatching(/^Error connecting to pv-ctrl: pv-core does not answer: /) });
  expect(await ask(consumer.at(target), 'still here')).toBe('still here');
});

test('7.2-15 a managed start beside another one says so and exits 0, touching nothing', async () => {
  const { consumer, start } = await place();
  const first = start();
  await first.printed('Link established');
  expect(await start({ PV_XCONNECT_MANAGED: '1' }).ended()).toEqual({
    code: 0, err: '', out: ['pv-xconnect starting...', 'Another pv-xconnect still manages the mesh; this one ends and leaves it to it'],
  });
  expect(await ask(consumer.at(target), 'undisturbed')).toBe('undisturbed');
});

test('when nobody reads its lines any more it goes on, and a client that leaves in mid-answer does not end it', async () => {
  const { consumer, provider, core, start } = await place();
  const daemon = start();
  await daemon.printed('Link established');
  daemon.child.stdout?.destroy();
  daemon.child.stderr?.destroy();
  core.set([link(consumer, provider, { name: 'again' })]);
  for (let round = 0; round < 20; round++) {
    const client = await dial(consumer.at(target)).catch(() => undefined);
    client?.write('x'.repeat(100_000));
    client?.destroy();
  }
  // The link was made anew meanwhile, so there is a moment without a listener.
  await vi.waitFor(async () => expect(await ask(consumer.at(target), 'alive')).toBe('alive'), { timeout: 20_000, interval: 20 });
});

test('7.2-15 of several that are started at once one manages the mesh, the others say so and end', async () => {
  const { consumer, start } = await place();
  const all = Array.from({ length: 5 }, () => start({ PV_XCONNECT_MANAGED: '1' }));
  const manages = await Promise.any(all.map(async (one) => {
    await one.printed('Link established');
    return one;
  }));
  for (const other of all.filter((one) => one !== manages)) {
    expect(await other.ended()).toEqual({ code: 0, err: '', out: ['pv-xconnect starting...', 'Another pv-xconnect still manages the mesh; this one ends and leaves it to it'] });
  }
  expect(await ask(consumer.at(target), 'by one of them')).toBe('by one of them');
  expect(await manages.signal('SIGTERM')).toMatchObject({ code: 0, err: '' });
});
