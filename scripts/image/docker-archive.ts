/** The image as one file: an OCI image layout with the `manifest.json` that every `docker load` reads; podman and skopeo read it too. */
import { type Entry, directory, file } from './entry.ts';
import { archive, type Layer, sha256 } from './layer.ts';

export interface Image {
  /** `<name>:<tag>`. */
  readonly name: string;
  /** Debian's and Go's word for it. */
  readonly architecture: string;
  /** The OCI image configuration's `config`. */
  readonly config: object;
  readonly layers: readonly { readonly layer: Layer; readonly about: string }[];
}

const oci = 'application/vnd.oci.image';

/** `epoch`: seconds, when the image was made. */
export async function dockerArchive({ name, architecture, config, layers }: Image, epoch: number): Promise<Buffer> {
  const created = new Date(epoch * 1000).toISOString();
  const blobs: Entry[] = [];
  const put = (bytes: Buffer, mediaType: string): { mediaType: string; digest: string; size: number } => {
    blobs.push(file(blobPath(bytes), bytes));
    return { mediaType, digest: `sha256:${sha256(bytes)}`, size: bytes.length };
  };
  const configBytes = json({
    created, architecture, os: 'linux', config,
    rootfs: { type: 'layers', diff_ids: layers.map(({ layer }) => `sha256:${layer.id}`) },
    history: layers.map(({ about }) => ({ created, created_by: about })),
  });
  const manifest = json({
    schemaVersion: 2, mediaType: `${oci}.manifest.v1+json`,
    config: put(configBytes, `${oci}.config.v1+json`),
    layers: layers.map(({ layer }) => put(layer.bytes, `${oci}.layer.v1.tar+gzip`)),
  });
  const index = { ...put(manifest, `${oci}.manifest.v1+json`), annotations: { 'io.containerd.image.name': `docker.io/library/${name}`, 'org.opencontainers.image.ref.name': name.split(':')[1] } };
  return archive([
    directory('blobs'), directory('blobs/sha256'), ...blobs,
    file('index.json', json({ schemaVersion: 2, mediaType: `${oci}.index.v1+json`, manifests: [index] })),
    file('manifest.json', json([{ Config: blobPath(configBytes), RepoTags: [name], Layers: layers.map(({ layer }) => blobPath(layer.bytes)) }])),
    file('oci-layout', json({ imageLayoutVersion: '1.0.0' })),
  ], epoch);
}

function blobPath(bytes: Buffer): string {
  return `blobs/sha256/${sha256(bytes)}`;
}

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}
