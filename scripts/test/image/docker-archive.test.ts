import { extract } from 'tar-stream';
import { expect, test } from 'vitest';
import { dockerArchive } from '../../image/docker-archive.ts';
import { file } from '../../image/entry.ts';
import { layer, sha256 } from '../../image/layer.ts';

async function unpack(archive: Buffer): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  const tar = extract();
  tar.end(archive);
  for await (const entry of tar) {
    const chunks: Buffer[] = [];
    for await (const chunk of entry) chunks.push(chunk as Buffer);
    files.set(entry.header.name, Buffer.concat(chunks));
  }
  return files;
}

const parse = (bytes: Buffer | undefined): unknown => JSON.parse(bytes?.toString() ?? 'null');

interface Descriptor { readonly digest: string; readonly size: number }

test('what docker and what OCI tools read leads to the same blobs, each named by its sum', async () => {
  const [below, above] = [await layer([file('a', '1')], 0), await layer([file('b', '2')], 0)];
  const config = { Entrypoint: ['/a'] };
  const files = await unpack(await dockerArchive({ name: 'x:latest', architecture: 'amd64', config, layers: [{ layer: below, about: 'below' }, { layer: above, about: 'above' }] }, 0));

  for (const [path, bytes] of files) if (/^blobs\/sha256\/./.test(path)) expect(path).toBe(`blobs/sha256/${sha256(bytes)}`);
  const [image] = parse(files.get('manifest.json')) as { Config: string; RepoTags: string[]; Layers: string[] }[];
  expect(image?.RepoTags).toEqual(['x:latest']);
  expect(image?.Layers.map((path) => files.get(path))).toEqual([below.bytes, above.bytes]);
  expect(parse(files.get(image?.Config ?? ''))).toMatchObject({
    architecture: 'amd64', os: 'linux', created: '1970-01-01T00:00:00.000Z', config,
    rootfs: { type: 'layers', diff_ids: [`sha256:${below.id}`, `sha256:${above.id}`] },
    history: [{ created_by: 'below' }, { created_by: 'above' }],
  });

  const blob = ({ digest, size }: Descriptor): Buffer => {
    const bytes = files.get(`blobs/${digest.replace(':', '/')}`) ?? expect.fail(`no blob ${digest}`);
    expect(bytes.length).toBe(size);
    return bytes;
  };
  const { manifests: [manifest = expect.fail('no manifest')] } = parse(files.get('index.json')) as { manifests: Descriptor[] };
  const { config: own, layers } = parse(blob(manifest)) as { config: Descriptor; layers: Descriptor[] };
  expect(blob(own)).toEqual(files.get(image?.Config ?? ''));
  expect(layers.map(blob)).toEqual([below.bytes, above.bytes]);
  expect(parse(files.get('oci-layout'))).toEqual({ imageLayoutVersion: '1.0.0' });
});
