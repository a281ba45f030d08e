import { rmSync } from 'node:fs';
import type { ContainerName } from '@pv/contract/names';
import { settle } from '@pv/testkit/manual-clock';
import { describe, expect, it } from 'vitest';
import { booted, supervise, useTemporaryRoot } from '../kit/supervised.ts';

const name = (text: string) => text as ContainerName;
const own = { group: 'root', restart_policy: 'container' };
const always = { policy: 'always', max_retries: 2, retry_delay: 5, backoff_factor: 2, backoff_policy: 'never' };
const crash = { kind: 'exit', code: 1 } as const;
const root = useTemporaryRoot();

describe('a boot', () => {
  it('starts groups in order, and says READY when all are there', async () => {
    const { engine, log, status } = await booted(root.dir, { web: { group: 'app' }, base: { group: 'root' } });
    expect(engine.events).toEqual(['start base', 'start web']);
    expect(status('web')).toBe('STARTED');
    expect(log.filter((line) => line.startsWith('state revision')).at(-1)).toBe("state revision '0' status is now READY");
  });

  it('does not say READY when nothing could be started, and goes on with later groups after the time-out', async () => {
    const containers = { base: { group: 'root', auto_recovery: { policy: 'always', retry_delay: 60 } }, web: { group: 'app' } };
    const supervised = supervise(root.dir, containers);
    supervised.engine.failures.set('base', 'no such image');
    await supervised.supervisor.boot();
    await settle();
    expect(supervised.status('base')).toBe('RECOVERING');
    expect(supervised.status('web')).toBe('BLOCKED');
    expect(supervised.log.join('\n')).not.toContain("revision '0' status is now READY");
    expect(supervised.log).toContain("could not start platform 'base': no such image");
    expect(supervised.view('base').last_exit).toEqual({ kind: 'unknown', reason: 'no such image' });
    await supervised.clock.wind(30);
    expect([supervised.status('base'), supervised.status('web')]).toEqual(['RECOVERING', 'STARTED']);
    expect(supervised.log).toContain("platform 'base' status goal timed out after waiting for more than 30 secs");
    expect(supervised.log.join('\n')).not.toContain("revision '0' status is now READY");
  });

  it('does not begin to wait anew with each retry', async () => {
    const supervised = supervise(root.dir, { base: { group: 'root', auto_recovery: { policy: 'always', retry_delay: 20 } }, web: { group: 'app' } });
    supervised.broken.add('base');
    await supervised.supervisor.boot();
    await supervised.clock.wind(29);
    expect(supervised.status('web')).toBe('BLOCKED');
    await supervised.clock.wind(1);
    expect(supervised.status('web')).toBe('STARTED');
  });

  it('does not wait for a container that is given up', async () => {
    const supervised = supervise(root.dir, { base: { group: 'root', auto_recovery: { policy: 'always', max_retries: 1, backoff_policy: 'never' } }, web: { group: 'app' } });
    supervised.engine.failures.set('base', 'no such image');
    await supervised.supervisor.boot();
    await supervised.clock.wind(2);
    expect([supervised.status('base'), supervised.status('web')]).toEqual(['STOPPED', 'STARTED']);
    expect(supervised.log.join('\n')).not.toContain("revision '0' status is now READY");
  });

  it('lets a data container be MOUNTED, with nothing to run', async () => {
    const { status, engine, log } = await booted(root.dir, { files: { group: 'data', type: undefined, config: undefined } });
    expect([status('files'), engine.events]).toEqual(['MOUNTED', []]);
    expect(log.at(-1)).toBe("state revision '0' status is now READY");
  });
});

describe('recovery', () => {
  it('retries with growing delays, then gives up as its policy says', async () => {
    const { engine, clock, log, status, view } = await booted(root.dir, { web: { ...own, auto_recovery: always } });
    for (const delay of [5, 10]) {
      engine.end('web', crash);
      await settle();
      expect(status('web')).toBe('RECOVERING');
      await clock.wind(delay - 1);
      expect(status('web')).toBe('RECOVERING');
      await clock.wind(1);
      expect(status('web')).toBe('STARTED');
    }
    expect(log).toContain("platform 'web' crashed. Attempting auto-recovery (attempt 1/2) in 5 seconds...");
    expect(log).toContain("platform 'web' crashed. Attempting auto-recovery (attempt 2/2) in 10 seconds...");
    engine.end('web', crash);
    await settle();
    expect(status('web')).toBe('STOPPED');
    expect(log.slice(-4)).toEqual(expect.arrayContaining(["platform 'web' reached max retries (2).", "backoff_policy=never — leaving 'web' stopped"]));
    expect(view('web').auto_recovery?.current_retries).toBe(2);
  });

  it('gives up a container whose volumes cannot be mounted, however long ago it ran', async () => {
    const supervised = supervise(root.dir, { web: { ...own, auto_recovery: { ...always, reset_window: 3 } } });
    supervised.broken.add('web');
    await supervised.supervisor.boot();
    await supervised.clock.wind(5);
    await supervised.clock.wind(10);
    expect(supervised.status('web')).toBe('STOPPED');
    expect(supervised.log).toContain("platform 'web' reached max retries (2).");
  });

  it('of a start that fails at once leaves time for everything else, also without a delay', async () => {
    const supervised = supervise(root.dir, { web: { ...own, auto_recovery: { policy: 'always' } } });
    supervised.broken.add('web');
    await supervised.supervisor.boot();
    await settle();
    expect(supervised.status('web')).toBe('RECOVERING');
    supervised.broken.clear();
    await supervised.clock.wind(1);
    expect(supervised.status('web')).toBe('STARTED');
    supervised.engine.end('web', crash);
    await settle();
    expect(supervised.status('web')).toBe('STARTED');
  });

  it('goes on when nothing can be written down about it', async () => {
    const { supervisor, engine, stateDir, status, log } = await booted(root.dir, { web: own });
    rmSync(stateDir('web'), { recursive: true });
    engine.gentle.add('web');
    expect(supervisor.act(name('web'), 'stop')).toBe('accepted');
    await settle();
    expect(status('web')).toBe('STOPPED');
    expect(log.join('\n')).toMatch(/what is known about platform 'web' cannot be written down, for the next pv-core: ENOENT/);
  });

  it('is cancelled by a stop, which holds', async () => {
    const { supervisor, engine, clock, status, view } = await booted(root.dir, { web: { ...own, auto_recovery: always } });
    engine.end('web', crash);
    await settle();
    expect(supervisor.act(name('web'), 'stop')).toBe('accepted');
    expect(status('web')).toBe('STOPPED');
    await clock.wind(3600);
    expect([status('web'), view('web').user_stopped]).toEqual(['STOPPED', 'true']);
    expect(supervisor.act(name('web'), 'start')).toBe('accepted');
    await settle();
    expect([status('web'), view('web').user_stopped, view('web').auto_recovery?.current_retries]).toEqual(['STARTED', 'false', 0]);
  });

  it('forgets retries once the container was stable', async () => {
    const { engine, clock, log, view } = await booted(root.dir, { web: { ...own, auto_recovery: { ...always, stable_timeout: 30 } } });
    engine.end('web', crash);
    await clock.wind(5);
    expect(view('web').auto_recovery).toMatchObject({ current_retries: 1, is_stable: 'false' });
    await clock.wind(30);
    expect(view('web').auto_recovery).toMatchObject({ current_retries: 0, is_stable: 'true' });
    expect(log).toContain("platform 'web' is now STABLE (survived 30 seconds)");
  });

  it('leaves a job that ended well, and it does not hinder READY', async () => {
    const { engine, reboots, status, log } = await booted(root.dir, { job: { ...own, auto_recovery: { policy: 'on-failure' } } });
    engine.end('job', { kind: 'exit', code: 0 });
    await settle();
    expect([status('job'), reboots]).toEqual(['STOPPED', []]);
    expect(log.filter((line) => line.startsWith('state revision')).at(-1)).toContain('READY');
  });

  it('asks for a reboot when nobody recovers a container', async () => {
    const { engine, reboots, log } = await booted(root.dir, { base: { group: 'root' } });
    engine.end('base', { kind: 'signal', signal: 11 });
    await settle();
    expect(reboots).toEqual(["platform 'base' was ended by signal 11"]);
    expect(log).toContain("platform 'base' suddenly stopped");
  });
});

describe('what a user asks for', () => {
  it('is refused for unknown and for system containers', async () => {
    const { supervisor } = await booted(root.dir, { base: { group: 'root' } });
    expect(supervisor.act(name('nope'), 'stop')).toBe('no-such-container');
    expect(supervisor.act(name('base'), 'stop')).toBe('system-container');
  });

  it('stops leniently, and by force after the grace time', async () => {
    const { supervisor, engine, clock, status, log, mounted } = await booted(root.dir, { deaf: own });
    supervisor.act(name('deaf'), 'stop');
    expect(status('deaf')).toBe('STOPPING');
    await clock.wind(4);
    expect(engine.events).toEqual(['start deaf', 'halt deaf']);
    await clock.wind(1);
    expect(engine.events).toEqual(['start deaf', 'halt deaf', 'kill deaf']);
    expect([status('deaf'), mounted.has('deaf')]).toEqual(['STOPPED', false]);
    expect(log).toContain("platform 'deaf' did not exit after lenient stop, force stopping");
  });

  it('makes a stop and a start in quick succession a restart, and a stop after a restart a stop', async () => {
    const { supervisor, engine, status } = await booted(root.dir, { web: own });
    supervisor.act(name('web'), 'stop');
    supervisor.act(name('web'), 'start');
    engine.end('web', crash);
    await settle();
    expect(status('web')).toBe('STARTED');
    supervisor.act(name('web'), 'restart');
    supervisor.act(name('web'), 'stop');
    engine.end('web', crash);
    await settle();
    expect(status('web')).toBe('STOPPED');
  });

  it('gives a restart a new pid and no retries', async () => {
    const { supervisor, engine, view } = await booted(root.dir, { web: { ...own, auto_recovery: always } });
    const before = view('web').pid;
    engine.gentle.add('web');
    supervisor.act(name('web'), 'restart');
    await settle();
    expect(view('web')).toMatchObject({ status: 'STARTED', user_stopped: 'false', auto_recovery: { current_retries: 0 } });
    expect(view('web').pid).not.toBe(before);
  });

  it('prevents the start of a container that is still blocked, and does not refuse a stop then', async () => {
    const supervised = supervise(root.dir, { base: { group: 'root', auto_recovery: { policy: 'always', retry_delay: 60 } }, web: { group: 'app' } });
    supervised.engine.failures.set('base', 'x');
    await supervised.supervisor.boot();
    await settle();
    expect(supervised.supervisor.act(name('web'), 'start')).toBe('not-startable');
    expect(supervised.supervisor.act(name('web'), 'restart')).toBe('not-restartable');
    expect(supervised.supervisor.act(name('web'), 'stop')).toBe('accepted');
    await supervised.clock.wind(100);
    expect([supervised.status('web'), supervised.engine.events.includes('start web')]).toEqual(['STOPPED', false]);
  });
});

describe('a shutdown', () => {
  it('stops in reverse group order, by force where it must, and recovers nothing', async () => {
    const { supervisor, engine, clock, status } = await booted(root.dir, { web: { group: 'app' }, base: { group: 'root' } });
    engine.gentle.add('base');
    const done = supervisor.shutDown();
    await settle();
    expect(engine.events.slice(2)).toEqual(['halt web']);
    await clock.wind(5);
    await done;
    expect(engine.events.slice(2)).toEqual(['halt web', 'kill web', 'halt base']);
    expect([status('web'), status('base')]).toEqual(['STOPPED', 'STOPPED']);
  });
});
