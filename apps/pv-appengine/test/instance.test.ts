/** Claims within one process: the lock belongs to an open file, so two of them exclude each other all the same. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readProcess } from '@pv/pv-native/process';
import { type TempRoot, tempRoot } from '@pv/testkit/temp-root';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Claim, claimRunDirectory } from '../src/instance.ts';

const at = { root: undefined as TempRoot | undefined, run: '', file: '' };
beforeEach(() => {
  at.root = tempRoot('pv-instance');
  at.run = join(at.root.path, 'run/pv');
  at.file = join(at.run, 'appengine.json');
});
afterEach(() => at.root?.remove());

const self = { pid: process.pid, startTime: readProcess(process.pid)?.startTime ?? 0 };

function claim(): Claim {
  const result = claimRunDirectory(at.run, 42);
  if (result.kind === 'taken') throw new Error(result.by);
  return result;
}

describe('claimRunDirectory', () => {
  it('excludes a second one until it is released, and leaves no file', () => {
    const first = claim();
    expect(first.orphan).toBeUndefined();
    expect(claimRunDirectory(at.run, 43)).toEqual({ kind: 'taken', by: 'another pv-appengine (pid 42)' });
    first.release();
    expect(existsSync(at.file)).toBe(false);
    claim().release();
  });

  it('counts nothing that a killed one wrote, but for a pv-core that runs still', () => {
    claim().release();
    writeFileSync(at.file, JSON.stringify({ pid: self.pid, core: self }));
    const next = claim();
    expect(next.orphan).toEqual(self);
    expect(JSON.parse(readFileSync(at.file, 'utf8'))).toEqual({ pid: 42, core: self });
    next.record({ pid: 1, startTime: 1 });
    expect(JSON.parse(readFileSync(at.file, 'utf8'))).toEqual({ pid: 42, core: { pid: 1, startTime: 1 } });
    next.release();
  });

  it.each(['', '{"pid"', 'null', '[]', '{"pid":"x","core":{"pid":1}}', JSON.stringify({ core: { ...self, startTime: 1 } })])('takes over with the record %s', (text) => {
    claim().release();
    writeFileSync(at.file, text);
    const next = claim();
    expect(next.orphan).toBeUndefined();
    next.release();
  });

  it('says that it is taken when the record is not readable', () => {
    const first = claim();
    writeFileSync(at.file, 'half');
    expect(claimRunDirectory(at.run, 43)).toEqual({ kind: 'taken', by: 'another pv-appengine' });
    first.release();
  });
});
