/** The hook alone, under both shells that may be /bin/sh, with logs of every shape. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tempRoot } from '@pv/testkit/temp-root';
import { waitFor } from '@pv/testkit/wait-for';
import { afterAll, describe, expect, test } from 'vitest';
import { clearRecords, recordedEnd, recordedHalt, recordedInit, recordedMonitor, recordHalt } from '../src/records.ts';
import { hook } from './kit/lxc-harness.ts';

const temp = tempRoot('pv-hook');
afterAll(() => temp.remove());
const counter = { made: 0 };

/** What LXC logs when it runs this hook; the configuration gives it the length of the log before the start. */
const called = (length: number, word: string) => `lxc-start app 2026 INFO     conf - ../src/lxc/conf.c:run_script_argv:338 - Executing script "/hook /records /log lxc/app ${length} ${word}" for container "app"`;
const script = called(0, 'stop');
const executed = `lxc-start app 2026 NOTICE   start - ../src/lxc/start.c:post_start:2205 - Started "/init" with pid "${process.pid}"`;
const child = (pid: number, text: string) => `lxc-start app 2026 INFO     error - ../src/lxc/error.c:lxc_error_set_and_log:31 - Child <${pid}> ended on ${text}`;

describe.each([['dash', ['/bin/dash']], ['busybox', ['/usr/bin/busybox', 'sh']]])('under %s', (_, [shell = '', ...args]) => {
  function run(type: string | undefined, before = '') {
    const dir = join(temp.path, `a b $HOME ${counter.made++}`);
    mkdirSync(dir);
    const log = join(dir, 'lxc.log');
    writeFileSync(log, before);
    const call = (kind: string | undefined, pid = process.pid, network = 'host-network') =>
      spawnSync(shell, [...args, hook, dir, log, 'lxc/no-such-container', String(Buffer.byteLength(before)), network], { env: { ...(kind === undefined ? {} : { LXC_HOOK_TYPE: kind }), LXC_PID: String(pid) }, encoding: 'utf8' });
    const first = call(type);
    return { dir, log, call, first };
  }

  function endAfter(lines: readonly string[], before = '') {
    const { dir, log, call, first } = run('start-host', before);
    expect(first).toMatchObject({ status: 0, stderr: '' });
    writeFileSync(log, `${before}${[called(before.length, 'own-network'), ...lines].join('\n')}\n`);
    expect(call('stop')).toMatchObject({ status: 0, stderr: '' });
    return recordedEnd(dir);
  }

  test('init and its start time', () => {
    const { dir } = run('start-host');
    const stat = readFileSync('/proc/self/stat', 'utf8');
    expect(recordedInit(dir)).toEqual({ pid: process.pid, startTime: Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]) });
  });

  test('an init that is gone already', () => {
    const { dir, call } = run(undefined);
    expect(call('start-host', 2 ** 22 + 1).status).toBe(0);
    expect(recordedInit(dir)).toEqual({ pid: 2 ** 22 + 1, startTime: 0 });
  });

  const pid = process.pid;
  test.each([
    ['exit code', [child(pid, 'error (7)'), script], { kind: 'exit', code: 7 }],
    ['signal with a name', [child(pid, 'signal Killed(9)'), script], { kind: 'signal', signal: 9 }],
    ['signal without', [child(pid, 'signal (15)'), script], { kind: 'signal', signal: 15 }],
    ['real-time signal', [child(pid, 'signal Real-time signal 3(37)'), script], { kind: 'signal', signal: 37 }],
    ['nothing after the start', [executed, script], { kind: 'exit', code: 0 }],
    ['an init that was not executed', [script], { kind: 'unknown', reason: 'its init could not be executed' }],
    ['another child', [executed, child(pid + 1, 'error (7)'), script], { kind: 'exit', code: 0 }],
    ['a pid that begins like ours', [executed, child(Number(`${pid}1`), 'error (7)'), script], { kind: 'exit', code: 0 }],
    ['two lines: the last counts', [child(pid, 'error (1)'), child(pid, 'error (2)'), script], { kind: 'exit', code: 2 }],
    ['a log that was not written', [''], { kind: 'unknown', reason: "the monitor's log could not be written or was replaced" }],
    ['no number', [child(pid, 'error'), script], { kind: 'unknown', reason: expect.stringContaining('not readable') }],
    ['bytes that are no text', [`\u0000\ufffd${'x'.repeat(100_000)}`, child(pid, 'error (3)'), script], { kind: 'exit', code: 3 }],
    ['globs and options', ['* -e [', child(pid, 'error (4)'), script], { kind: 'exit', code: 4 }],
  ])('%s', (_title, lines, expected) => {
    expect(endAfter(lines)).toEqual(expected);
  });

  test('a line of an earlier run with the same pid does not count', () => {
    const before = `${child(pid, 'error (7)')}\n`;
    expect(endAfter([executed, called(before.length, 'stop')], before)).toEqual({ kind: 'exit', code: 0 });
    const whole = `${called(0, 'own-network')}\n${executed}\n${script}\n`;
    expect(endAfter([called(whole.length, 'stop')], whole)).toEqual({ kind: 'unknown', reason: 'its init could not be executed' });
    expect(endAfter([executed], whole)).toMatchObject({ kind: 'unknown' });
  });

  test('a log that was moved away is not an exit code', () => {
    const { dir, log, call } = run('start-host', `${script}\n`.repeat(10));
    writeFileSync(log, '');
    call('stop');
    expect(recordedEnd(dir)?.kind).toBe('unknown');
  });

  test('a stop without an init records nothing', () => {
    const { dir, first } = run('stop');
    expect(first.status).toBe(0);
    expect(existsSync(join(dir, 'end'))).toBe(false);
  });

  test('a second start is refused and does not change the record', () => {
    const { dir, log, call } = run('start-host');
    writeFileSync(log, `${called(0, 'host-network')}\n${child(pid, 'signal Hangup(1)')}\n${script}\n`);
    call('stop');
    expect(call('start-host').status).toBe(1);
    writeFileSync(log, `${script}\n`);
    expect(call('stop').status).toBe(0);
    expect(recordedEnd(dir)).toEqual({ kind: 'signal', signal: 1 });
  });

  test.each(['own-network', ''])('an init in the host\'s network is refused, argument %j', (network) => {
    const { dir, call } = run(undefined);
    expect(call('start-host', process.pid, network).status).toBe(3);
    expect(recordedInit(dir)).toBeUndefined();
  });

  test('an init in a network of its own', async () => {
    const { dir, call } = run(undefined);
    const other = spawn('unshare', ['--net', 'sleep', '1000'], { stdio: 'ignore' });
    try {
      await waitFor(() => readlinkSync(`/proc/${other.pid}/ns/net`) !== readlinkSync('/proc/self/ns/net'), { what: 'a network namespace' });
      expect(call('start-host', other.pid, 'own-network').status).toBe(0);
      expect(recordedInit(dir)?.pid).toBe(other.pid);
    } finally {
      other.kill('SIGKILL');
    }
  });

  test('an unknown hook type does nothing', () => {
    const { dir, first } = run('mount');
    expect(first).toMatchObject({ status: 0, stdout: '', stderr: '' });
    expect(recordedInit(dir)).toBeUndefined();
  });
});

describe('records', () => {
  const dir = temp.path;
  test.each([
    ['exit 0\n', { kind: 'exit', code: 0 }], ['exit 3\n', { kind: 'exit', code: 3 }], ['signal 9 0\n', { kind: 'signal', signal: 9 }], ['signal 9 2\n', { kind: 'oom', signal: 9 }], ['exit 12', { kind: 'unknown' }],
    ['signal 15 2\n', { kind: 'signal', signal: 15 }], ['', { kind: 'unknown' }], ['exit', { kind: 'unknown' }], ['exit -1\n', { kind: 'unknown' }], ['other 3\n', { kind: 'unknown' }], ['exit 99999\n', { kind: 'unknown' }],
  ])('end %j', (text, expected) => {
    writeFileSync(join(dir, 'end'), text);
    expect(recordedEnd(dir)).toMatchObject(expected);
  });

  test.each([['12 34 5', { pid: 12, startTime: 34 }], ['12', { pid: 12, startTime: 0 }], ['', undefined], ['x 1', undefined], ['-1 1', undefined], ['0 1', undefined], ['1.5 1', undefined]])('init %j', (text, expected) => {
    writeFileSync(join(dir, 'init'), text);
    expect(recordedInit(dir)).toEqual(expected);
  });

  test('cleared, all of them', () => {
    recordHalt(dir, 'SIGTERM');
    writeFileSync(join(dir, 'monitor.pid'), '12');
    expect([recordedHalt(dir), recordedMonitor(dir)]).toEqual(['SIGTERM', 12]);
    clearRecords(dir);
    expect([recordedInit(dir), recordedEnd(dir), recordedHalt(dir), recordedMonitor(dir)]).toEqual([undefined, undefined, undefined, undefined]);
    symlinkSync('/nowhere', join(dir, 'end'));
    expect(recordedEnd(dir)).toBeUndefined();
  });
});
