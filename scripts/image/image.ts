/** The image of the appengine, as `npm run image` makes it. Needs `dist`, and the trees that the rest of it comes from. */
import { execFileSync } from 'node:child_process';
import { tree } from '@pv/testkit/box/project';
import { release } from '../release/release.ts';
import { baseLayer } from './base-layer.ts';
import { dockerArchive } from './docker-archive.ts';
import { directory, type Entry } from './entry.ts';
import { layer } from './layer.ts';
import { exportsDir, ourLayer, storage } from './our-layer.ts';
import { treeEntries } from './tree-entries.ts';

export interface ImageOptions {
  /** With WasmEdge, for WebAssembly containers. */
  readonly wasmedge: boolean;
  /** Seconds: the time of every file and of the image. */
  readonly epoch: number;
}

/** Where WasmEdge lies, with its own libraries: as where it is tested. */
const wasmedgeRoot = 'usr/lib/pantavisor/wasmedge';

/** The name for `docker run`, without the tag. */
export function imageName({ wasmedge }: Pick<ImageOptions, 'wasmedge'>): string {
  return `pantavisor-appengine${wasmedge ? '-wasmedge' : ''}`;
}

/** What `docker load` takes. */
export async function buildImage({ wasmedge, epoch }: ImageOptions): Promise<Buffer> {
  const base = tree('image');
  const architecture = execFileSync('dpkg', ['--print-architecture'], { encoding: 'utf8' }).trim();
  const parts: [about: string, entries: Entry[]][] = [
    ["Debian's packages, as in /var/lib/dpkg/status", baseLayer(base)],
    ...(wasmedge ? [['WasmEdge', wasmedgeLayer()] satisfies [string, Entry[]]] : []),
    [`${release.name} ${release.version}; exports go to /${exportsDir}`, await ourLayer(architecture, base)],
  ];
  const layers = await Promise.all(parts.map(async ([about, entries]) => ({ about, layer: await layer(entries, epoch) })));
  return dockerArchive({ name: `${imageName({ wasmedge })}:latest`, architecture, config: config(wasmedge), layers }, epoch);
}

function wasmedgeLayer(): Entry[] {
  return [directory('usr/lib/pantavisor'), directory(wasmedgeRoot), ...treeEntries(tree('wasmedge')).map((entry) => ({ ...entry, path: `${wasmedgeRoot}/${entry.path}` }))];
}

/** As the OCI image configuration has it. */
function config(wasmedge: boolean): object {
  return {
    Entrypoint: ['/usr/bin/pv-appengine'],
    Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'LC_ALL=C.UTF-8', ...(wasmedge ? [`PV_WASMEDGE_ROOT=/${wasmedgeRoot}`] : [])],
    Volumes: { [`/${storage}`]: {} },
    Labels: { 'org.opencontainers.image.version': release.version, 'org.opencontainers.image.licenses': release.license },
  };
}
