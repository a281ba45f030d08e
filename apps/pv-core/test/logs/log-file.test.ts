import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openLogFile } from '../../src/logs/log-file.ts';
import { useTemporaryRoot } from '../kit/supervised.ts';

const root = useTemporaryRoot();
const path = () => join(root.dir, 'logs/0/pantavisor/pantavisor.log');

describe('pantavisor.log', () => {
  it('is appended to, by one pv-core after the other', () => {
    openLogFile(path())('one\n');
    openLogFile(path())('two\n');
    expect(readFileSync(path(), 'utf8')).toBe('one\ntwo\n');
  });

  it('never grows beyond its cap: the older part is kept once', () => {
    const log = openLogFile(path(), 1000);
    for (let line = 0; line < 1000; line++) log(`line ${String(line).padStart(4, '0')}\n`);
    expect(readdirSync(join(path(), '..'))).toEqual(['pantavisor.log', 'pantavisor.log.1']);
    for (const file of [path(), `${path()}.1`]) expect(statSync(file).size).toBeLessThanOrEqual(1010);
    expect(readFileSync(path(), 'utf8')).toContain('line 0999\n');
  });

  it('is made anew, at its cap, when somebody has removed it', () => {
    const log = openLogFile(path(), 100);
    log(`${'x'.repeat(100)}\n`);
    rmSync(path());
    log('after\n');
    expect(readFileSync(path(), 'utf8')).toBe('after\n');
  });

  it('loses lines on a full disk, says how many, and goes on with a line of its own', () => {
    mkdirSync(join(root.dir, 'logs'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8k', 'pv-log-test', join(root.dir, 'logs')]);
    try {
      const log = openLogFile(path());
      for (let line = 0; line < 20; line++) log(`${'x'.repeat(1000)}\n`);
      expect(readFileSync(path(), 'utf8')).toMatch(/x$/);
      execFileSync('mount', ['-o', 'remount,size=1m', join(root.dir, 'logs')]);
      log('there is room again\n');
      expect(readFileSync(path(), 'utf8')).toMatch(/\n\[pantavisor\] 0 WARN\t -- \[log\]: 12 lines were lost: they could not be written\nthere is room again\n$/);
    } finally {
      execFileSync('umount', ['-l', join(root.dir, 'logs')]);
    }
  });
});
