import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TempRoot, tempRoot } from '@pv/testkit/temp-root';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseStateText } from '../src/state-text.ts';
import { buildTrail, recoverTrail } from '../src/trail.ts';
import { sha } from './kit/exports.ts';

const at = { root: undefined as TempRoot | undefined, trail: '', objectsDir: '' };
beforeEach(() => {
  at.root = tempRoot('pv-trail');
  at.trail = join(at.root.path, 'trails/locals/x');
  at.objectsDir = join(at.root.path, 'objects');
  mkdirSync(join(at.root.path, 'trails/locals'), { recursive: true });
  mkdirSync(at.objectsDir);
  writeFileSync(join(at.objectsDir, sha('o')), 'o');
});
afterEach(() => at.root?.remove());

const build = (json: string) => buildTrail(at.trail, { state: parseStateText('t', json), objectsDir: at.objectsDir, progress: {} });

describe('buildTrail', () => {
  it('replaces a trail as a whole', () => {
    build(`{"#spec":"s","a/x":1,"_config/a/etc/f":"${sha('o')}"}`);
    expect(readFileSync(join(at.trail, '_config/a/etc/f'), 'utf8')).toBe('o');
    build('{"#spec":"s","b/x":2}');
    expect(readdirSync(at.trail).sort()).toEqual(['.pv', '.pvr', 'b']);
    expect(readdirSync(join(at.trail, '..'))).toEqual(['x']);
  });

  it('leaves the former trail when an object is missing', () => {
    build('{"#spec":"s","a/x":1}');
    expect(() => build(`{"#spec":"s","a/x":"${sha('none')}"}`)).toThrow(/^state: \$\["a\/x"\]: ENOENT/);
    expect(readFileSync(join(at.trail, 'a/x'), 'utf8')).toBe('1');
    expect(readdirSync(join(at.trail, '..'))).toEqual(['x']);
  });
});

describe('recoverTrail', () => {
  it('brings back the former trail after a power cut between the two renames, and is nothing otherwise', () => {
    build('{"#spec":"s","a/x":1}');
    recoverTrail(at.trail);
    renameSync(at.trail, `${at.trail}.bak`);
    recoverTrail(at.trail);
    expect(readdirSync(at.trail).sort()).toEqual(['.pv', '.pvr', 'a']);
    recoverTrail(join(at.trail, 'none'));
    expect(existsSync(join(at.trail, 'none'))).toBe(false);
  });
});
