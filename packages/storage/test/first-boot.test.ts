import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createGzip } from 'node:zlib';
import { pipeline } from 'node:stream/promises';
import { createWriteStream } from 'node:fs';
import { pack } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { installFirstBoot } from '../src/first-boot.ts';

const at = { root: '', storage: '', exports: '' };
beforeEach(() => {
  at.root = mkdtempSync(join(tmpdir(), 'pv-storage-'));
  at.storage = join(at.root, 'storage');
  at.exports = join(at.root, 'pvtx.d');
  mkdirSync(at.exports);
});
afterEach(() => rmSync(at.root, { recursive: true, force: true }));

const sha = (text: string | Buffer): string => createHash('sha256').update(text).digest('hex');
const spec = '"#spec":"pantavisor-service-system@1"';

async function writeExport(name: string, members: readonly (readonly [string, string | Buffer])[], to = at.exports): Promise<string> {
  const tar = pack();
  for (const [member, content] of members) tar.entry({ name: member }, content);
  tar.finalize();
  await pipeline(tar, createGzip(), createWriteStream(join(to, name)));
  return join(to, name);
}

const install = (storage = at.storage) => installFirstBoot({ storage, exportsDir: at.exports });

describe('the first boot', () => {
  it('installs every export into revision 0, verbatim, and objects as hard links', async () => {
    const content = 'an object';
    await writeExport('b.tgz', [['./json', `{${spec},"b/run.json":{"z":1, "a":1.50}}`]]);
    await writeExport('a.tgz', [[`objects/${sha(content)}`, content], ['json', `{${spec},"a/root.squashfs":"${sha(content)}"}`]]);
    expect(await install()).toEqual({ kind: 'installed', exports: ['a.tgz', 'b.tgz'] });
    expect(readFileSync(join(at.storage, 'trails/0/.pvr/json'), 'utf8')).toBe(`{${spec},"a/root.squashfs":"${sha(content)}","b/run.json":{"z":1, "a":1.50}}`);
    expect(readFileSync(join(at.storage, 'trails/0/b/run.json'), 'utf8')).toBe('{"z":1, "a":1.50}');
    expect(statSync(join(at.storage, 'trails/0/a/root.squashfs')).ino).toBe(statSync(join(at.storage, 'objects', sha(content))).ino);
    expect(readFileSync(join(at.storage, 'boot/uboot.txt'), 'utf8')).toBe('pv_rev=0\0\0');
    expect(readdirSync(join(at.storage, 'cache'))).toEqual([]);
  });

  it('installs into nothing on later boots', async () => {
    await install();
    await writeExport('late.tgz', [['json', `{${spec},"late/run.json":{}}`]]);
    expect(await install()).toEqual({ kind: 'already-installed' });
    expect(existsSync(join(at.storage, 'trails/0/late'))).toBe(false);
  });

  it('boots without any export', async () => {
    rmSync(at.exports, { recursive: true });
    await install();
    expect(readFileSync(join(at.storage, 'trails/0/.pvr/json'), 'utf8')).toBe(`{${spec}}`);
  });

  it('ignores what is no member of an export, links and traversal included', async () => {
    const tar = pack();
    tar.entry({ name: '../escape', size: 1 }, 'x');
    tar.entry({ name: `objects/${'0'.repeat(64)}`, type: 'symlink', linkname: '/etc/shadow' });
    tar.entry({ name: 'json' }, `{${spec}}`);
    tar.finalize();
    await pipeline(tar, createGzip(), createWriteStream(join(at.exports, 'odd.tgz')));
    await install();
    expect(readdirSync(join(at.storage, 'objects'))).toEqual([]);
    expect(existsSync(join(at.root, 'escape'))).toBe(false);
  });
});

describe('an export that is wrong', () => {
  const cases: readonly (readonly [string, () => Promise<unknown>, RegExp])[] = [
    ['no gzip at all', async () => writeFileSync(join(at.exports, 'x.tgz'), 'plain text'), /^x\.tgz: is not a whole gzip tar archive/],
    ['a truncated archive', async () => truncateSync(await writeExport('x.tgz', [['json', `{${spec}}`], [`objects/${sha('y')}`, Buffer.alloc(100_000, 1)]]), 150), /^x\.tgz: .*(?:whole gzip|SHA-256)/],
    ['an object with another content', () => writeExport('x.tgz', [['json', `{${spec}}`], [`objects/${sha('y')}`, 'z']]), /^x\.tgz: objects\/[0-9a-f]{64}: has the SHA-256 [0-9a-f]{64}; the export is damaged/],
    ['an object that is missing', () => writeExport('x.tgz', [['json', `{${spec},"x/root.squashfs":"${sha('y')}"}`]]), /^state: \$\["x\/root\.squashfs"\]: object [0-9a-f]{64} is in none of the exports/],
    ['truncated JSON', () => writeExport('x.tgz', [['json', `{${spec},"x/run.json":{"na`]]), /^x\.tgz: json: not JSON: \w+ at byte \d+/],
    ['a duplicate key', () => writeExport('x.tgz', [['json', `{${spec},"x":{},"x":{}}`]]), /^x\.tgz: json: \$\["x"\]: duplicate key/],
    ['no json', () => writeExport('x.tgz', [['other', 'x']]), /^x\.tgz: has no member 'json'/],
    ['another spec', () => writeExport('x.tgz', [['json', '{"#spec":"pantavisor-multi-platform@1"}']]), /^x\.tgz: json: \$\["#spec"\]/],
    ['a key that leaves the trail', () => writeExport('x.tgz', [['json', `{${spec},"../x":{}}`]]), /^state: \$\["\.\.\/x"\]: is not a path inside a revision/],
    ['a key that replaces the state', () => writeExport('x.tgz', [['json', `{${spec},".pvr/json":{}}`]]), /^state: \$\["\.pvr\/json"\]/],
  ];

  it.each(cases)('%s is refused by name; storage is as before and the next boot is fine', async (_title, spoil, message) => {
    await writeExport('a-good.tgz', [['json', `{${spec},"good/x":"${sha('good')}"}`], [`objects/${sha('good')}`, 'good']]);
    await spoil();
    await expect(install()).rejects.toThrow(message);
    expect(readdirSync(join(at.storage, 'objects'))).toEqual([]);
    expect(readdirSync(join(at.storage, 'trails'))).toEqual(['locals']);
    expect(readdirSync(join(at.storage, 'cache'))).toEqual([]);
    rmSync(join(at.exports, 'x.tgz'));
    expect(await install()).toMatchObject({ kind: 'installed' });
    expect(readFileSync(join(at.storage, 'trails/0/good/x'), 'utf8')).toBe('good');
  });
});

describe('a full disk', () => {
  it('is said so, leaves nothing behind, and is fine once there is room', async () => {
    mkdirSync(at.storage);
    const content = Buffer.alloc(3_000_000, 7);
    await writeExport('big.tgz', [['json', `{${spec},"big/root.squashfs":"${sha(content)}"}`], [`objects/${sha(content)}`, content]]);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'pv-storage-test', at.storage]);
    try {
      await expect(install()).rejects.toThrow(/^big\.tgz: objects\/[0-9a-f]{64}: no space left on the storage; free some space/);
      expect(readdirSync(join(at.storage, 'objects'))).toEqual([]);
      execFileSync('mount', ['-o', 'remount,size=8m', at.storage]);
      expect(await install()).toMatchObject({ kind: 'installed' });
    } finally {
      execFileSync('umount', [at.storage]);
    }
  });
});
