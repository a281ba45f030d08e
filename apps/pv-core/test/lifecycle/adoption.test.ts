/** A new pv-core after a SIGKILL of the one before: what it takes over, and what it does not. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ContainerName } from '@pv/contract/names';
import { settle } from '@pv/testkit/manual-clock';
import { describe, expect, it } from 'vitest';
import { booted, useTemporaryRoot } from '../kit/supervised.ts';

const name = (text: string) => text as ContainerName;
const own = { group: 'root', restart_policy: 'container' };
const always = { policy: 'always', max_retries: 2, retry_delay: 5, backoff_factor: 2, backoff_policy: 'never' };
const crash = { kind: 'exit', code: 1 } as const;
const root = useTemporaryRoot();

describe('after a SIGKILL of pv-core', () => {
  it('adopts what runs and learns what ended, with retries and the user\'s word', async () => {
    const before = await booted(root.dir, { runs: own, died: { ...own, auto_recovery: always }, held: own });
    before.engine.gentle.add('held');
    before.supervisor.act(name('held'), 'stop');
    await settle();
    before.supervisor.release();
    const after = before.again();
    after.engine.adoptable.set('runs', { kind: 'running', container: after.engine.container('runs') });
    after.engine.adoptable.set('died', { kind: 'ended', end: { kind: 'exit', code: 7 } });
    await after.supervisor.boot();
    await settle();
    expect([after.status('runs'), after.status('died'), after.status('held')]).toEqual(['STARTED', 'RECOVERING', 'STOPPED']);
    expect(after.view('died')).toMatchObject({ last_exit: { kind: 'exit', code: 7 }, auto_recovery: { current_retries: 1 } });
    expect(after.view('held').user_stopped).toBe('true');
    expect(after.engine.events).toEqual([]);
    await after.clock.wind(5);
    expect(after.status('died')).toBe('STARTED');
  });

  it('asks for the reboot that a container lost meanwhile calls for, once it has taken up the rest', async () => {
    const before = await booted(root.dir, { base: { group: 'root' } });
    before.supervisor.release();
    const after = before.again();
    after.engine.adoptable.set('base', { kind: 'ended', end: { kind: 'signal', signal: 11 } });
    await after.supervisor.boot();
    expect(after.reboots).toEqual(["platform 'base' was ended by signal 11"]);
  });

  it('completes a stop that was under way', async () => {
    const before = await booted(root.dir, { web: own });
    before.supervisor.act(name('web'), 'stop');
    before.supervisor.release();
    const after = before.again();
    after.engine.adoptable.set('web', { kind: 'running', container: after.engine.container('web') });
    await after.supervisor.boot();
    await after.clock.wind(5);
    expect(after.engine.events).toEqual(['halt web', 'kill web']);
    expect([after.status('web'), after.view('web').user_stopped]).toEqual(['STOPPED', 'true']);
  });

  it('waits no longer for later groups than before', async () => {
    const before = await booted(root.dir, { base: { group: 'root', status_goal: 'READY' }, web: own });
    before.supervisor.release();
    const after = before.again();
    after.engine.adoptable.set('base', { kind: 'running', container: after.engine.container('base') });
    await after.supervisor.boot();
    await after.clock.wind(30);
    expect(after.log).toContain("platform 'base' status goal timed out after waiting for more than 30 secs");
  });

  it('takes up the rest when the volumes of one cannot be unmounted', async () => {
    const before = await booted(root.dir, { stuck: own, web: own });
    before.supervisor.release();
    const after = before.again();
    after.broken.add('stuck');
    after.engine.adoptable.set('web', { kind: 'running', container: after.engine.container('web') });
    await after.supervisor.boot();
    expect(after.status('web')).toBe('STARTED');
    expect(after.log).toContain("volumes of platform 'stuck' could not be unmounted: volume root.squashfs is broken");
  });

  it('knows nothing of an earlier boot of the machine, whose times mean nothing now', async () => {
    const before = await booted(root.dir, { web: { ...own, auto_recovery: { ...always, retry_delay: 60 } } });
    before.engine.end('web', crash);
    await settle();
    before.supervisor.release();
    const file = join(before.stateDir('web'), 'supervision.json');
    writeFileSync(file, JSON.stringify({ ...(JSON.parse(readFileSync(file, 'utf8')) as object), boot: 'an earlier one', retryAt: 1e9 }));
    const after = before.again();
    await after.supervisor.boot();
    await settle();
    expect(after.status('web')).toBe('STARTED');
  });

  it('waits no longer for a retry than was left of it', async () => {
    const before = await booted(root.dir, { web: { ...own, auto_recovery: { ...always, retry_delay: 60 } } });
    before.engine.end('web', crash);
    await before.clock.wind(50);
    before.supervisor.release();
    const after = before.again();
    await after.supervisor.boot();
    expect(after.view('web')).toMatchObject({ status: 'RECOVERING', last_exit: crash });
    await after.clock.wind(10);
    expect(after.status('web')).toBe('STARTED');
  });
});
