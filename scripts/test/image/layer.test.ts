import { gunzipSync } from 'node:zlib';
import { extract, type Header } from 'tar-stream';
import { expect, test } from 'vitest';
import { directory, file, symlink } from '../../image/entry.ts';
import { layer, sha256 } from '../../image/layer.ts';

const entries = [file('usr/bin/x', 'program', 0o755), symlink('bin', 'usr/bin'), directory('usr'), directory('usr/bin'), directory('tmp', 0o1777)];

async function headers(archive: Buffer): Promise<Header[]> {
  const found: Header[] = [];
  const tar = extract();
  tar.end(archive);
  for await (const entry of tar) {
    found.push(entry.header);
    entry.resume();
  }
  return found;
}

test('a layer is the same whatever the order of its entries, and begins a directory before what is in it', async () => {
  const { id, bytes } = await layer(entries, 86_400);
  expect(await layer(entries.toReversed(), 86_400)).toEqual({ id, bytes });
  expect(sha256(gunzipSync(bytes))).toBe(id);
  expect((await headers(gunzipSync(bytes))).map(({ name, type, mode, linkname }) => [name, type, mode?.toString(8), linkname])).toEqual([
    ['bin', 'symlink', '777', 'usr/bin'], ['tmp', 'directory', '1777', null], ['usr', 'directory', '755', null], ['usr/bin', 'directory', '755', null], ['usr/bin/x', 'file', '755', null],
  ]);
});

test('all of it is root\'s, and of the given time', async () => {
  const found = await headers(gunzipSync((await layer(entries, 86_400)).bytes));
  expect(new Set(found.map(({ uid, gid, mtime }) => `${uid} ${gid} ${mtime?.toISOString()}`))).toEqual(new Set(['0 0 1970-01-02T00:00:00.000Z']));
});
