import { execFileSync } from 'node:child_process';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { tarball } from '../../release/tarball.ts';

const file = (path: string, text: string, mode: 0o644 | 0o755 = 0o644) => ({ path, bytes: Buffer.from(text), mode });
const list = (archive: Buffer) => execFileSync('tar', ['-tvz', '--numeric-owner', '--full-time', '--utc'], { input: archive, encoding: 'utf8' }).trimEnd().split('\n');

describe('a tarball', () => {
  it('has all files below package/, sorted, of root, at the time given', async () => {
    expect(list(await tarball([file('usr/lib/b', 'bb'), file('usr/bin/a', 'a', 0o755)], 86_400))).toEqual([
      '-rwxr-xr-x 0/0               1 1970-01-02 00:00:00 package/usr/bin/a',
      '-rw-r--r-- 0/0               2 1970-01-02 00:00:00 package/usr/lib/b',
    ]);
  });

  it('does not depend on the order of its files', async () => {
    const files = [file('b', 'b'), file('a', 'a')];
    expect((await tarball(files, 0)).equals(await tarball(files.toReversed(), 0))).toBe(true);
  });

  it('is a gzip file without a time and a name', async () => {
    const archive = await tarball([file('a', 'a')], 1000);
    expect([archive.readUInt32LE(4), archive.readUInt8(3)]).toEqual([0, 0]);
    expect(gunzipSync(archive).length % 512).toBe(0);
  });
});
