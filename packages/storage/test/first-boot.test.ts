import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type TempRoot, tempRoot } from '@pv/testkit/temp-root';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { installFirstBoot } from '../src/first-boot.ts';
import { sha, spec, writeExport } from './kit/exports.ts';
import { tree } from './kit/tree.ts';

const at = { root: undefined as TempRoot | undefined, storage: '', exports: '' };
beforeEach(() => {
  at.root = tempRoot('pv-storage');
  at.storage = join(at.root.path, 'storage');
  at.exports = join(at.root.path, 'pvtx.d');
  mkdirSync(at.exports);
});
afterEach(() => at.root?.remove());

const place = (name: string) => join(at.exports, name);
const stored = (path: string) => readFileSync(join(at.storage, path), 'utf8');
const install = () => installFirstBoot({ storage: at.storage, exportsDir: at.exports });

describe('the first boot', () => {
  it('installs every export into revision 0, verbatim, and objects as hard links', async () => {
    const content = 'an object';
    await writeExport(place('b.tgz'), [['./json', `{${spec},"b/run.json":{"z":1, "a":1.50}}`]]);
    await writeExport(place('a.tgz'), [[`objects/${sha(content)}`, content], ['json', `{${spec},"a/root.squashfs":"${sha(content)}"}`]]);
    expect(await install()).toEqual({ kind: 'installed', exports: ['a.tgz', 'b.tgz'] });
    expect(stored('trails/0/.pvr/json')).toBe(`{${spec},"a/root.squashfs":"${sha(content)}","b/run.json":{"z":1, "a":1.50}}`);
    expect(stored('trails/0/b/run.json')).toBe('{"z":1, "a":1.50}');
    expect(statSync(join(at.storage, 'trails/0/a/root.squashfs')).ino).toBe(statSync(join(at.storage, 'objects', sha(content))).ino);
    expect(JSON.parse(stored('trails/0/.pvr/config'))).toEqual({ ObjectsDir: join(at.storage, 'objects') });
    expect(stored('trails/0/.pv/progress')).toBe('{"status":"DONE","status-msg":"Factory revision","progress":100,"retries":0}\n');
    expect(stored('boot/uboot.txt')).toBe('pv_rev=0\0\0');
    expect(readdirSync(join(at.storage, 'cache'))).toEqual([]);
  });

  it('installs into nothing on later boots', async () => {
    await install();
    await writeExport(place('late.tgz'), [['json', `{${spec},"late/run.json":{}}`]]);
    expect(await install()).toEqual({ kind: 'already-installed' });
    expect(existsSync(join(at.storage, 'trails/0/late'))).toBe(false);
  });

  it.each(['an empty directory', 'no directory'])('boots with %s of exports', async (which) => {
    if (which === 'no directory') rmSync(at.exports, { recursive: true });
    expect(await install()).toEqual({ kind: 'installed', exports: [] });
    expect(stored('trails/0/.pvr/json')).toBe(`{${spec}}`);
  });

  it('refuses a directory that the user named and that is not there', async () => {
    const options = { storage: at.storage, exportsDir: place('nope'), exportsRequired: true };
    await expect(installFirstBoot(options)).rejects.toThrow(/nope: ENOENT.*; create it, or name another directory with --pvtx-dir/);
    expect(existsSync(at.storage)).toBe(false);
  });

  it('takes regular files only, and links to them', async () => {
    mkdirSync(place('directory.tgz'));
    symlinkSync('/nowhere', place('dangling.tgz'));
    await writeExport(join(at.storage, '..', 'elsewhere'), [['json', `{${spec},"linked/x":1}`]]);
    symlinkSync('../elsewhere', place('link.tgz'));
    await writeExport(place('.hidden.tgz'), [['json', `{${spec},"hidden/x":1}`]]);
    await writeExport(place('other.tar.gz'), [['json', `{${spec},"other/x":1}`]]);
    expect(await install()).toEqual({ kind: 'installed', exports: ['link.tgz'] });
  });

  it('lets a later export replace what an earlier one brought', async () => {
    await writeExport(place('1.tgz'), [['json', `{${spec},"app/run.json":{"v":1},"app/old":1}`]]);
    await writeExport(place('2.tgz'), [['json', `{${spec},"app/run.json":{"v":2}}`]]);
    await install();
    expect(stored('trails/0/app/run.json')).toBe('{"v":2}');
    expect(stored('trails/0/app/old')).toBe('1');
  });

  it('keeps the boot variables that are there', async () => {
    mkdirSync(join(at.storage, 'boot'), { recursive: true });
    writeFileSync(join(at.storage, 'boot/uboot.txt'), 'pv_rev=locals/x\0\0');
    await install();
    expect(stored('boot/uboot.txt')).toBe('pv_rev=locals/x\0\0');
  });

  it.each(['7', 'locals/x'])('leaves the storage of a device alone, which has revision %s and no mark of ours', async (revision) => {
    mkdirSync(join(at.storage, 'trails', revision, '.pvr'), { recursive: true });
    writeFileSync(join(at.storage, 'trails', revision, '.pvr/json'), `{${spec}}`);
    const before = tree(at.storage);
    await writeExport(place('new.tgz'), [['json', `{${spec},"new/run.json":{}}`]]);
    expect(await install()).toEqual({ kind: 'already-installed' });
    expect(tree(at.storage)).toEqual(before);
  });

  it('takes empty directories for a new storage', async () => {
    mkdirSync(join(at.storage, 'trails/locals'), { recursive: true });
    expect(await install()).toEqual({ kind: 'installed', exports: [] });
  });

  it('starts anew after a power cut at any step', async () => {
    const content = 'an object';
    await writeExport(place('a.tgz'), [[`objects/${sha(content)}`, content], ['json', `{${spec},"a/x":"${sha(content)}"}`]]);
    for (const path of ['cache/first-boot.tmp', 'trails/0.tmp/a', 'trails/0/former']) mkdirSync(join(at.storage, path), { recursive: true });
    for (const path of [`cache/first-boot.tmp/${sha('half')}.tmp`, 'trails/0.tmp/a/x', '.created', 'boot-uboot.txt.tmp']) writeFileSync(join(at.storage, path), 'half');
    await install();
    expect(Object.keys(tree(join(at.storage, 'trails')))).toEqual(['0/', '0/.pv/', '0/.pv/progress', '0/.pvr/', '0/.pvr/config', '0/.pvr/json', '0/a/', '0/a/x', 'locals/']);
    expect(readdirSync(join(at.storage, 'cache'))).toEqual([]);
  });
});

describe('an export that is wrong', () => {
  const whole = (...more: string[]) => `{${[spec, ...more].join(',')}}`;
  const cases: readonly (readonly [string, () => Promise<unknown>, RegExp])[] = [
    ['no gzip at all', async () => writeFileSync(place('x.tgz'), 'plain text'), /^x\.tgz: is not a whole gzip tar archive \(.+\); the export is damaged: copy or export it again$/],
    ['no tar inside', async () => writeFileSync(place('x.tgz'), gzipSync(Buffer.alloc(2048, 'x'))), /^x\.tgz: is not a whole gzip tar archive \(Invalid tar header/],
    ['an empty file', async () => writeFileSync(place('x.tgz'), ''), /^x\.tgz: (?:is not a whole gzip tar archive|has no member 'json')/],
    ['a truncated archive', async () => truncateSync(await writeExport(place('x.tgz'), [['json', whole()], [`objects/${sha('y')}`, Buffer.alloc(100_000, 1)]]), 150), /^x\.tgz: is not a whole gzip tar archive \(unexpected end of file\)/],
    ['an object with another content', () => writeExport(place('x.tgz'), [['json', whole()], [`objects/${sha('y')}`, 'z']]), /^x\.tgz: objects\/[0-9a-f]{64}: has the SHA-256 [0-9a-f]{64}; the export is damaged: copy or export it again$/],
    ['an object that is missing', () => writeExport(place('x.tgz'), [['json', whole(`"x/root.squashfs":"${sha('y')}"`)]]), /^x\.tgz: json: \$\["x\/root\.squashfs"\]: object [0-9a-f]{64} is in none of the exports; the export is incomplete/],
    ['truncated JSON', () => writeExport(place('x.tgz'), [['json', `{${spec},"x/run.json":{"na`]]), /^x\.tgz: json: \$: not JSON: \w+ at line 1, column \d+; export the part again$/],
    ['no object', () => writeExport(place('x.tgz'), [['json', '[]']]), /^x\.tgz: json: \$: must be a JSON object/],
    ['bytes that are no text', () => writeExport(place('x.tgz'), [['json', Buffer.from([0x7b, 0xff, 0x7d])]]), /^x\.tgz: json: is not UTF-8/],
    ['a state of megabytes', () => writeExport(place('x.tgz'), [['json', Buffer.alloc(5 * 1024 * 1024, ' ')]]), /^x\.tgz: json: is larger than 4194304 bytes/],
    ['a duplicate key', () => writeExport(place('x.tgz'), [['json', whole('"x":{}', '"x":{}')]]), /^x\.tgz: json: \$\.x: duplicate key/],
    ['no json', () => writeExport(place('x.tgz'), [['other', 'x']]), /^x\.tgz: has no member 'json'/],
    ['two of them', () => writeExport(place('x.tgz'), [['json', whole()], ['./json', whole()]]), /^x\.tgz: json: is in the archive twice/],
    ['another spec', () => writeExport(place('x.tgz'), [['json', '{"#spec":"pantavisor-multi-platform@1"}']]), /^x\.tgz: json: \$\["#spec"\]/],
    ['a key that leaves the trail', () => writeExport(place('x.tgz'), [['json', whole('"../x":{}')]]), /^x\.tgz: json: \$\["\.\.\/x"\]: is not a path inside a revision/],
    ['a key that replaces the state', () => writeExport(place('x.tgz'), [['json', whole('".pvr/json":{}')]]), /^x\.tgz: json: \$\["\.pvr\/json"\]/],
    ['a key below a file', () => writeExport(place('x.tgz'), [['json', whole('"good/x/y":{}', '"z":{}')]]), /^state: \$\["good\/x\/y"\]: is a file by one key and a directory by another/],
    ['a name that no file can have', () => writeExport(place('x.tgz'), [['json', whole(`"${'n'.repeat(300)}":{}`)]]), /^state: \$\["n+"\]: is too long for a file name/],
  ];

  it.each(cases)('%s is refused by name; storage is as before and the next boot is fine', async (_title, spoil, message) => {
    await writeExport(place('a-good.tgz'), [['json', `{${spec},"good/x":"${sha('good')}"}`], [`objects/${sha('good')}`, 'good']]);
    await spoil();
    await expect(install()).rejects.toThrow(message);
    const skeleton = { '.created': '', 'boot/': '', 'cache/': '', 'config/': '', 'disks/': '', 'logs/': '', 'objects/': '', 'trails/': '', 'trails/locals/': '' };
    expect(tree(at.storage)).toEqual(skeleton);
    await expect(install()).rejects.toThrow(message);
    expect(tree(at.storage)).toEqual(skeleton);
    rmSync(place('x.tgz'));
    expect(await install()).toEqual({ kind: 'installed', exports: ['a-good.tgz'] });
    expect(stored('trails/0/good/x')).toBe('good');
  });

  it('is never read for names that are no members: links and traversal', async () => {
    await writeExport(place('odd.tgz'), [
      ['../escape', 'x'], ['objects/../../escape', 'x'], [`objects/${'A'.repeat(64)}`, 'x'], [`objects/${'0'.repeat(65)}`, 'x'],
      [{ name: `objects/${'0'.repeat(64)}`, type: 'symlink', linkname: '/etc/shadow' }], [{ name: 'json', type: 'link', linkname: '/etc/shadow' }], ['json', `{${spec}}`],
    ]);
    await install();
    expect(readdirSync(join(at.storage, 'objects'))).toEqual([]);
    expect(readdirSync(join(at.storage, '..')).sort()).toEqual(['pvtx.d', 'storage']);
  });
});

describe('a full disk', () => {
  const onTmpfs = async (options: string, act: () => Promise<void>): Promise<void> => {
    mkdirSync(at.storage);
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'pv-storage-test', at.storage]);
    try {
      await act();
    } finally {
      execFileSync('umount', [at.storage]);
    }
  };
  const refused = async (message: RegExp): Promise<void> => {
    await expect(install()).rejects.toThrow(message);
    for (const folder of ['objects', 'cache', 'trails/locals', 'boot']) expect(readdirSync(join(at.storage, folder))).toEqual([]);
    expect(readdirSync(join(at.storage, 'trails'))).toEqual(['locals']);
  };
  const grown = async (options: string): Promise<void> => {
    execFileSync('mount', ['-o', `remount,${options}`, at.storage]);
    expect(await install()).toMatchObject({ kind: 'installed' });
  };
  const content = Buffer.alloc(3_000_000, 7);
  const text = `"${'t'.repeat(700_000)}"`;

  it('is told before the object is written, with what it needs', async () => {
    await writeExport(place('big.tgz'), [['json', `{${spec},"big/root.squashfs":"${sha(content)}"}`], [`objects/${sha(content)}`, content]]);
    await onTmpfs('size=1m', async () => {
      await refused(/^big\.tgz: objects\/[0-9a-f]{64}: needs 3000000 bytes of the storage, and \d+ are free; free some space or use a larger storage$/);
      await grown('size=8m');
    });
  });

  it('leaves nothing when it fills while the trail is built, objects included', async () => {
    await writeExport(place('a.tgz'), [[`objects/${sha('small')}`, 'small'], ['json', `{${spec},"a/o":"${sha('small')}","a/t":${text}}`]]);
    await onTmpfs('size=1m', async () => {
      await refused(/^state: \$\["a\/t"\]: no space left on the storage; free some space or use a larger storage$/);
      await grown('size=8m');
    });
  });

  it('may also be one that is read-only', async () => {
    await onTmpfs('ro', async () => {
      await expect(install()).rejects.toThrow(`${at.storage}: the storage is read-only; mount it read-write`);
      await grown('rw');
    });
  });

  it('may also be one without inodes', async () => {
    await writeExport(place('a.tgz'), [[`objects/${sha('small')}`, 'small'], ['json', `{${spec},"a/o":"${sha('small')}","a/t":1}`]]);
    await onTmpfs('size=1m,nr_inodes=18', async () => {
      await refused(/no space left on the storage/);
      await grown('nr_inodes=100');
    });
  });
});
