import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DaemonName } from '@pv/contract/names';
import { readProcess } from '@pv/pv-native/process';
import { systemClock } from '@pv/runtime/clock';
import { createLogger } from '@pv/runtime/log';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { type DaemonSpec, ManagedDaemon } from '../../src/daemons/daemon.ts';
import { useTemporaryRoot } from '../kit/supervised.ts';

const root = useTemporaryRoot();
const kept: { daemons: ManagedDaemon[] } = { daemons: [] };
afterEach(async () => {
  log.length = 0;
  await Promise.all(kept.daemons.splice(0).map((daemon) => daemon.stop()));
});

const log: string[] = [];

/** A real daemon: the shell script, with its own FIFOs. */
function daemon(script: string, more: Partial<DaemonSpec> = {}): ManagedDaemon {
  const dir = join(root.dir, 'daemons');
  mkdirSync(dir, { recursive: true });
  const logger = createLogger('daemons', { clock: systemClock, level: 5, sink: (line) => log.push(line.trim()) });
  const spec = { name: 'test-daemon' as DaemonName, argv: ['/bin/sh', '-c', script], env: { PATH: '/usr/bin:/bin', OUT: root.dir }, inherit: () => [], ...more };
  const made = new ManagedDaemon(spec, { dir, clock: systemClock, log: logger });
  kept.daemons.push(made);
  return made;
}
const forever = 'echo started; echo trouble >&2; exec sleep 600';
const alive = (pid: number): boolean => !['Z', undefined].includes(readProcess(pid)?.state);
const soon = (check: () => void) => vi.waitFor(check, { timeout: 10_000, interval: 10 });

describe('a daemon', () => {
  it('runs, and what it prints goes to the log under its name', async () => {
    const made = daemon(forever);
    made.begin();
    expect(made.record).toMatchObject({ name: 'test-daemon', respawn: true });
    expect(made.record.pid).toBeGreaterThan(0);
    await soon(() => {
      expect(log.join('\n')).toMatch(/INFO\t -- \[test-daemon-out\]: started/);
      expect(log.join('\n')).toMatch(/WARN\t -- \[test-daemon-err\]: trouble/);
    });
  });

  it('has no more lines in the log than it may', async () => {
    daemon("printf 'line %s\\n' 1 2 3 4 5 >&2; exec sleep 600", { lineLimit: { lines: 2, seconds: 1 } }).begin();
    await soon(() => expect(log.join('\n')).toContain('3 more lines within 1 seconds were left out'));
    expect(log.filter((line) => line.includes('[test-daemon-err]: line'))).toHaveLength(2);
  });

  it('is respawned at once after a SIGKILL', async () => {
    const made = daemon(forever);
    made.begin();
    const { pid } = made.record;
    process.kill(pid, 'SIGKILL');
    await soon(() => expect([0, pid]).not.toContain(made.record.pid));
  });

  it('shows -1 after a stop and is not respawned; starts at once when asked to', async () => {
    const made = daemon(forever);
    made.begin();
    await made.stop();
    expect(made.record).toEqual({ name: 'test-daemon', pid: -1, respawn: false });
    made.act('start');
    expect(made.record).toMatchObject({ respawn: true });
    expect(made.record.pid).toBeGreaterThan(0);
  });

  it('comes back when a start follows a stop that is not over', async () => {
    const made = daemon('trap "" TERM; echo deaf; while :; do sleep 0.1; done');
    made.begin();
    const { pid } = made.record;
    await soon(() => expect(log.join('\n')).toContain('deaf'));
    made.act('stop');
    made.act('start');
    process.kill(pid, 'SIGKILL');
    await soon(() => expect([0, -1, pid]).not.toContain(made.record.pid));
  });

  it('that ends again and again is started with growing pauses', async () => {
    const made = daemon('echo x >> "$OUT/starts"; exit 1');
    made.begin();
    await soon(() => expect(readFileSync(join(root.dir, 'starts'), 'utf8').length).toBeGreaterThanOrEqual(8));
    expect(log.join('\n')).toMatch(/deferring respawn by 0\.1 seconds[\s\S]*deferring respawn by 0\.2 seconds/);
  });

  it('for which there is no room is tried again until there is', async () => {
    const dir = join(root.dir, 'daemons');
    mkdirSync(dir);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'nr_inodes=1', 'pv-daemon-test', dir]);
    const made = daemon(forever);
    try {
      made.begin();
      expect(made.record).toEqual({ name: 'test-daemon', pid: 0, respawn: true });
      expect(log.join('\n')).toContain('daemon test-daemon cannot be started: ENOSPC');
      execFileSync('mount', ['-o', 'remount,nr_inodes=100', dir]);
      await soon(() => expect(made.record.pid).toBeGreaterThan(0));
    } finally {
      await made.stop();
      execFileSync('umount', ['-l', dir]);
    }
  });

  it('whose program is missing is said to be, and respawn is off', async () => {
    const dir = join(root.dir, 'daemons');
    mkdirSync(dir, { recursive: true });
    const logger = createLogger('daemons', { clock: systemClock, level: 5, sink: (line) => log.push(line.trim()) });
    const made = new ManagedDaemon({ name: 'gone' as DaemonName, argv: ['/no/such/program'], env: {}, inherit: () => [] }, { dir, clock: systemClock, log: logger });
    made.begin();
    await soon(() => expect(made.record).toEqual({ name: 'gone', pid: -1, respawn: false }));
    expect(log.join('\n')).toContain('daemon not found gone: disabling respawn');
  });
});

describe('a daemon that is off', () => {
  it('is not started, whatever is asked', async () => {
    const made = daemon(forever, { off: 'BY_CONFIGURATION=0' });
    made.begin();
    made.act('start');
    made.act('restart');
    await made.stop();
    expect(made.record).toEqual({ name: 'test-daemon', pid: -1, respawn: false });
    expect(log.join('\n')).toContain('daemon test-daemon: no restart, it is off: BY_CONFIGURATION=0');
  });

  it('and runs from before is ended', async () => {
    const first = daemon(forever);
    first.begin();
    const { pid } = first.record;
    first.release();
    const second = daemon(forever, { off: 'BY_CONFIGURATION=0' });
    second.begin();
    await soon(() => expect(second.record).toEqual({ name: 'test-daemon', pid: -1, respawn: false }));
    expect(alive(pid)).toBe(false);
  });
});

describe('a daemon of an earlier pv-core', () => {
  it('is told to read again what has changed', async () => {
    const first = daemon('trap "echo reads again" HUP; echo ready; while :; do sleep 0.02; done');
    first.begin();
    await soon(() => expect(log.join('\n')).toContain('-out]: ready'));
    const { pid } = first.record;
    first.release();
    const second = daemon(forever, { reread: true });
    second.begin();
    await soon(() => expect(log.join('\n')).toContain('[test-daemon-out]: reads again'));
    expect(second.record.pid).toBe(pid);
  });

  it('is adopted with its pid and its output, and its end is noticed', async () => {
    const first = daemon('echo one; while [ ! -e "$OUT/go" ]; do sleep 0.02; done; echo two; exec sleep 600');
    first.begin();
    const { pid } = first.record;
    await soon(() => expect(log.join('\n')).toContain('-out]: one'));
    first.release();
    const second = daemon(forever);
    second.begin();
    expect(second.record.pid).toBe(pid);
    writeFileSync(join(root.dir, 'go'), '');
    await soon(() => expect(log.join('\n')).toContain('[test-daemon-out]: two'));
    process.kill(pid, 'SIGKILL');
    await soon(() => expect([0, pid]).not.toContain(second.record.pid));
    expect(alive(pid)).toBe(false);
  });

  it('does not notice that no pv-core runs, and what it printed meanwhile is in the log', async () => {
    const first = daemon('echo one; while [ ! -e "$OUT/go" ]; do sleep 0.02; done; echo two; touch "$OUT/gone"; exec sleep 600');
    first.begin();
    const { pid } = first.record;
    first.release();
    writeFileSync(join(root.dir, 'go'), '');
    await soon(() => expect(existsSync(join(root.dir, 'gone'))).toBe(true));
    const second = daemon(forever);
    second.begin();
    expect(second.record.pid).toBe(pid);
    await soon(() => expect(log.join('\n')).toMatch(/test-daemon-out\]: one[\s\S]*test-daemon-out\]: two/));
  });

  it('is known to have ended, also while what it started holds its output', async () => {
    const first = daemon('sleep 600 & echo $! > "$OUT/child"; echo started; exec sleep 600');
    first.begin();
    const { pid } = first.record;
    await soon(() => expect(log.join('\n')).toContain('-out]: started'));
    first.release();
    const second = daemon(forever);
    second.begin();
    await second.stop();
    expect(alive(pid)).toBe(false);
    expect(second.record).toEqual({ name: 'test-daemon', pid: -1, respawn: false });
    process.kill(Number(readFileSync(join(root.dir, 'child'), 'utf8')), 'SIGKILL');
  });

  it('is not taken for another process with the same pid', () => {
    mkdirSync(join(root.dir, 'daemons'), { recursive: true });
    writeFileSync(join(root.dir, 'daemons/test-daemon.json'), JSON.stringify({ pid: process.pid, startTime: 1 }));
    const made = daemon(forever);
    made.begin();
    expect(made.record.pid).not.toBe(process.pid);
  });
});

describe('a daemon that hands over', () => {
  it('is restarted by its own signal, and stopped by SIGTERM', async () => {
    const script = 'trap "echo handed over; exit 0" USR2; trap "echo stopped; exit 0" TERM; echo ready to hand over; while :; do sleep 0.05; done';
    const made = daemon(script, { restartSignal: 'SIGUSR2' });
    made.begin();
    await soon(() => expect(log.join('\n')).toContain('ready to hand over'));
    made.act('restart');
    await soon(() => expect(log.join('\n')).toContain('handed over'));
    await soon(() => expect(made.record.pid).toBeGreaterThan(0));
    made.act('stop');
    await soon(() => expect(made.record.pid).toBe(-1));
  });

  it('is adopted without a record: whoever started it was killed before it wrote one', () => {
    const first = daemon(forever);
    first.begin();
    const earlier = first.record;
    first.release();
    const record = join(root.dir, 'daemons', 'test-daemon.json');
    rmSync(record);
    const second = daemon(forever);
    second.begin();
    expect(second.record).toEqual(earlier);
    expect(JSON.parse(readFileSync(record, 'utf8'))).toMatchObject({ pid: earlier.pid });
  });

  it('is not taken for the one of a runtime in another mount namespace, whose files have the same names', async () => {
    const dir = join(root.dir, 'daemons');
    mkdirSync(dir, { recursive: true });
    const script = 'mount -t tmpfs none "$0"; mkfifo "$0/test-daemon.out"; exec 3<>"$0/test-daemon.out"; echo ready; exec sleep 600 >&3';
    const other = spawn('unshare', ['--mount', 'sh', '-c', script, dir], { stdio: ['ignore', 'pipe', 'inherit'] });
    onTestFinished(() => void other.kill('SIGKILL'));
    await once(other.stdout, 'data');
    await soon(() => expect(readlinkSync(`/proc/${other.pid}/fd/1`)).toBe(join(dir, 'test-daemon.out')));
    for (const left of [false, true]) {
      rmSync(join(dir, 'test-daemon.out'), { force: true });
      if (left) execFileSync('mkfifo', [join(dir, 'test-daemon.out')]);
      const made = daemon(forever);
      made.begin();
      expect(made.record.pid).not.toBe(other.pid);
      await made.stop();
    }
    expect(alive(other.pid ?? 0)).toBe(true);
  });

  it('tells who adopted it which process that is', async () => {
    const first = daemon(forever);
    first.begin();
    const { pid } = first.record;
    first.release();
    const adopted: number[] = [];
    const second = daemon(forever, { adopted: (pid) => adopted.push(pid) });
    second.begin();
    expect(adopted).toEqual([pid]);
  });
});
