/**
 * Builds the example containers into pvrexports, reproducibly: the same busybox, programs and sources give
 * the same bytes. Needs mksquashfs, a static busybox and the programs that the examples run, of the build machine.
 * Those for WasmEdge need none of these.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compileModule } from './assembly.ts';
import { type Args, containerConf, renderRunJson } from './manifest.ts';
import { writePvrExport } from './pvrexport.ts';
import { makeRootfs, type RootfsSpec } from './rootfs.ts';
import { buildWasmExport } from './wasm.ts';
import { weston, westonPackage } from './weston.ts';

interface Example {
  readonly programs?: readonly string[];
  /** Files and folders of the build machine that keep their paths: see `installInPlace`. */
  readonly inPlace?: readonly string[];
  /** Of the folder `files` of this package: each is copied onto the root. */
  readonly files?: readonly string[];
  /** Keys of args.json that run.json keeps under their own name: both spellings are in the field. */
  readonly verbatim?: readonly string[];
  /** More lines for lxc.container.conf. */
  readonly conf?: string;
  /** Built only when asked for by name: needs what most machines do not have, or have switched off. */
  readonly onRequest?: true;
  /** For WasmEdge: the program is `assembly/<name>.ts`. `storage`: persistence by the name of a volume. */
  readonly wasm?: { readonly storage?: Readonly<Record<string, string>> };
}

const socat = ['/usr/bin/socat'];
const perl = '/usr/bin/perl';
/** Where they are in Debian. */
const packages: Readonly<Record<string, string>> = { '/usr/bin/socat': 'socat', '/usr/bin/curl': 'curl', '/usr/bin/dbus-daemon': 'dbus-daemon', '/usr/bin/dbus-send': 'dbus-bin', '/usr/bin/perl': 'perl-base', '/usr/sbin/avahi-daemon': 'avahi-daemon', '/usr/bin/wayland-info': 'wayland-utils' };

export const examples: Readonly<Record<string, Example>> = {
  'pv-example-unix-server': { programs: socat },
  'pv-example-unix-client': { programs: socat },
  'pv-example-rest-server': { programs: socat, files: ['rest-handler'] },
  'pv-example-rest-client': { programs: ['/usr/bin/curl'] },
  'pv-example-dbus-server': { programs: ['/usr/bin/dbus-daemon', perl], files: ['dbus-perl', 'dbus-bus', 'dbus-service'] },
  'pv-example-dbus-client': { programs: ['/usr/bin/dbus-send'] },
  'pv-example-dbus-client-nobody': { programs: ['/usr/bin/dbus-send'] },
  'pv-example-dbus-client-attacker': { programs: [perl], files: ['dbus-perl', 'dbus-attack'] },
  'pv-example-dbus-host-server': { programs: [perl], files: ['dbus-perl', 'dbus-service'], onRequest: true },
  'pv-example-dbus-host-client': { programs: ['/usr/bin/dbus-send'], onRequest: true },
  'pv-avahi': { programs: ['/usr/sbin/avahi-daemon'], files: ['avahi'], onRequest: true },
  'pv-avahi-browse': { programs: ['/usr/bin/dbus-send'], onRequest: true },
  'pv-example-app': {},
  'pv-example-recovery': {},
  'pv-example-random': { verbatim: ['PV_AUTO_RECOVERY'] },
  'pv-example-stubborn': {},
  'pv-example-norole': { programs: socat },
  'pv-example-drm-provider': { conf: 'lxc.mount.entry = /dev/dri dev/dri none bind,optional,create=dir 0 0\n', onRequest: true },
  'pv-example-drm-master': { onRequest: true },
  'pv-example-drm-render': { onRequest: true },
  'pv-example-wayland-server': { ...weston('drm'), onRequest: true },
  'pv-example-wayland-server-headless': { ...weston('headless'), onRequest: true },
  'pv-example-wayland-client': { programs: ['/usr/bin/wayland-info'], onRequest: true },
  'pv-example-wasm': { wasm: { storage: { data: 'permanent' } } },
  'pv-example-wasm-crash': { wasm: {} },
  'pv-example-wasm-client': { wasm: {} },
  'pv-example-wasm-server': { wasm: {} },
};

export interface BuildOptions {
  readonly out: string;
  /** Default: `usualNames`. */
  readonly names?: readonly string[];
  /** Default: /bin/busybox. */
  readonly busybox?: string;
  /** Seconds; the time of every file. Default 0. */
  readonly sourceDateEpoch?: number;
  /** Default: the folder `containers` of this package. */
  readonly sources?: string;
}

/** The paths of the exports written. */
export async function buildExamples({ out, names = usualNames(), busybox = '/bin/busybox', sourceDateEpoch = 0, sources }: BuildOptions): Promise<string[]> {
  checkInputs(names, busybox);
  mkdirSync(out, { recursive: true });
  const from = sources ?? join(import.meta.dirname, '..', 'containers');
  const modules = await compileModules(names.filter(isWasm));
  const built: string[] = [];
  for (const name of names) {
    const path = join(out, `${name}.pvrexport.tgz`);
    await buildOne(name, join(from, name), path, busybox, sourceDateEpoch, modules.get(name));
    built.push(path);
  }
  return built;
}

function isWasm(name: string): boolean {
  return examples[name]?.wasm !== undefined;
}

/** By name. The compiler takes seconds to start, so all at once. */
async function compileModules(names: readonly string[]): Promise<ReadonlyMap<string, Buffer>> {
  return new Map(await Promise.all(names.map(async (name) => [name, await compileModule(join(import.meta.dirname, '..', 'assembly', `${name}.ts`))] as const)));
}

/** What is built when nothing is asked for by name. */
export function usualNames(): string[] {
  return Object.entries(examples).flatMap(([name, { onRequest }]) => (onRequest === true ? [] : [name]));
}

async function buildOne(name: string, source: string, path: string, busybox: string, epoch: number, module?: Buffer): Promise<void> {
  const { wasm, ...parts } = examples[name] ?? {};
  const services = join(source, 'services.json');
  const documents = { name, args: readJson(join(source, 'args.json')) as Args, ...(existsSync(services) ? { services: readJson(services) } : {}) };
  if (module === undefined) return buildExport(path, { ...parts, ...documents, start: join(source, 'start') }, busybox, epoch);
  await buildWasmExport(path, { ...wasm, ...documents, config: readJson(join(source, 'wasmedge.json')), module }, epoch);
}

export interface ContainerSource extends Example {
  readonly name: string;
  /** The script that becomes init. */
  readonly start: string;
  readonly args: Args;
  /** services.json. */
  readonly services?: unknown;
}

/** One container as a pvrexport at `path`. */
export async function buildExport(path: string, { name, start, args, services, conf = '', programs = [], inPlace = [], files: folders = [], verbatim = [] }: ContainerSource, busybox: string, epoch: number): Promise<void> {
  const documents = {
    [`${name}/run.json`]: renderRunJson(name, args, verbatim),
    [`${name}/src.json`]: { '#spec': 'service-manifest-src@1', args, template: 'builtin-lxc-docker' },
    ...(services === undefined ? {} : { [`${name}/services.json`]: services }),
  };
  const image = squashed({ start, programs, inPlace, files: folders.map((folder) => join(import.meta.dirname, '..', 'files', folder)), busybox }, epoch);
  const files = { [`${name}/lxc.container.conf`]: Buffer.from(containerConf + conf), [`${name}/root.squashfs`]: image };
  await writePvrExport(path, { documents, files }, epoch);
}

function squashed(rootfs: RootfsSpec, epoch: number): Buffer {
  const work = mkdtempSync(join(tmpdir(), 'pv-examples-'));
  try {
    const root = join(work, 'root');
    makeRootfs(root, rootfs);
    const image = join(work, 'root.squashfs');
    const time = String(epoch);
    mksquashfs([root, image, '-reproducible', '-all-root', '-noappend', '-no-xattrs', '-no-progress', '-quiet', '-mkfs-time', time, '-all-time', time, '-comp', 'gzip', '-Xcompression-level', '6']);
    return readFileSync(image);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** In an environment without its options. */
function mksquashfs(args: readonly string[]): void {
  try {
    execFileSync('mksquashfs', args, { stdio: ['ignore', 'ignore', 'inherit'], env: { PATH: process.env['PATH'] } });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new Error('mksquashfs is missing: install the package squashfs-tools', { cause: error });
  }
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'));
}

function checkInputs(names: readonly string[], busybox: string): void {
  const unknown = names.filter((name) => examples[name] === undefined);
  if (unknown.length > 0) throw new Error(`no such example: ${unknown.join(', ')}; there are ${Object.keys(examples).join(', ')}`);
  if (!names.every(isWasm) && !existsSync(busybox)) throw new Error(`${busybox} is missing: install the package busybox-static`);
  const needed = names.flatMap((name) => [...(examples[name]?.programs ?? []), ...(examples[name]?.inPlace ?? [])]);
  const missing = [...new Set(needed)].filter((path) => !existsSync(path));
  if (missing.length > 0) throw new Error(`${missing.join(', ')} is missing: install ${missing.map((path) => `the package ${packages[path] ?? westonPackage}`).join(', ')}`);
}
