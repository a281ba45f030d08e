/**
 * Which WasmEdge this machine has, and the files it consists of: the program, its loader, its libraries. A container's
 * root gets these alone. They may lie in a tree of their own, with another C library than the machine's.
 */
import { execFile } from 'node:child_process';
import { accessSync, constants, closeSync, openSync, readSync, realpathSync } from 'node:fs';
import { join, normalize } from 'node:path';

export interface Runtime {
  /** The program's path, in the tree and in the container. */
  readonly program: string;
  /** Such as 0.14.1. */
  readonly version: string;
  /** `source` on the host, `target` where program and loader look for it. */
  readonly files: readonly { readonly source: string; readonly target: string }[];
}

export type RuntimeResult = { readonly kind: 'runtime'; readonly runtime: Runtime } | { readonly kind: 'unusable'; readonly reason: string };

/** AF_UNIX sockets came with it. */
const oldest = [0, 14] as const;
const places = ['/usr/bin/wasmedge', '/usr/local/bin/wasmedge', '/opt/wasmedge/bin/wasmedge'];

/** `tree`: where the runtime is installed; `/`, unless it has a directory of its own. */
export async function findRuntime(tree: string): Promise<RuntimeResult> {
  const program = places.find((path) => isExecutable(join(tree, path)));
  const within = tree === '/' ? '' : ` below ${tree}`;
  if (program === undefined) return unusable(`wasmedge is not installed${within}: install the package wasmedge, ${oldest.join('.')} or newer, or set PV_WASMEDGE_ROOT to the tree that has it`);
  const said = await runIn(tree, [program, '--version']);
  const version = /version (\d+)\.(\d+)(\.\d+)?/.exec(said.output);
  if (version === null) return unusable(`${join(tree, program)} does not work: ${firstLine(said.output)}; install the package wasmedge again`);
  const [, major, minor, patch = ''] = version;
  if (Number(major) === oldest[0] && Number(minor) < oldest[1]) return unusable(`wasmedge ${major}.${minor}${patch}${within} is too old: install ${oldest.join('.')} or newer`);
  const targets = await targetsOf(tree, program);
  const files = targets.map((target) => ({ source: resolved(join(tree, target)), target }));
  const realTree = realpathSync(tree).replace(/\/?$/, '/');
  const stray = files.find(({ source }) => !source.startsWith(realTree));
  if (stray !== undefined) return unusable(`${stray.target}, which wasmedge needs, is a link that leads out of ${tree}: make it a relative one`);
  return { kind: 'runtime', runtime: { program, version: `${major}.${minor}${patch}`, files } };
}

const unusable = (reason: string) => ({ kind: 'unusable', reason }) as const;

/** The program, its loader, and what that one lists. */
async function targetsOf(tree: string, program: string): Promise<readonly string[]> {
  const loader = loaderOf(join(tree, program));
  const { output } = loader === undefined ? { output: '' } : await runIn(tree, [loader, '--list', program]);
  const libraries = [...output.matchAll(/(\/\S+) \(0x/g)].map(([, path = '']) => normalize(path));
  return [...new Set([program, ...(loader === undefined ? [] : [loader]), ...libraries])];
}

/** As the host sees it, where a link of the tree may end nowhere. */
function resolved(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return '';
  }
}

/** The system's own C library knows best what a program needs; `chroot` lets a tree's one answer. */
function runIn(tree: string, command: readonly string[]): Promise<{ output: string }> {
  const [program = '', ...args] = tree === '/' ? command : ['chroot', tree, ...command];
  return new Promise((resolve) => {
    execFile(program, args, { timeout: 10_000, killSignal: 'SIGKILL', env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' } }, (error, stdout, stderr) => {
      resolve({ output: `${stdout}${stderr}` || (error?.message ?? '') });
    });
  });
}

/** Of an ELF file (elf(5)): the interpreter that its program headers ask for; undefined for a static one. */
function loaderOf(path: string): string | undefined {
  const head = headOf(path);
  if (head.readUInt32BE(0) !== elf) return undefined;
  const wide = head[4] === 2;
  const little = head[5] === 1;
  const u16 = (at: number): number => (little ? head.readUInt16LE(at) : head.readUInt16BE(at));
  const u32 = (at: number): number => (little ? head.readUInt32LE(at) : head.readUInt32BE(at));
  const table = u32(wide ? 32 : 28); // The upper half is zero in any real file, as that of the offsets below.
  const [size, count] = [u16(wide ? 54 : 42), u16(wide ? 56 : 44)];
  const entries = Array.from({ length: count }, (_, index) => table + index * size);
  const found = entries.find((entry) => u32(entry) === interpreter);
  if (found === undefined) return undefined;
  const start = u32(found + (wide ? 8 : 4));
  return head.toString('utf8', start, head.indexOf(0, start));
}

const elf = 0x7f454c46;
const interpreter = 3;

function headOf(path: string): Buffer {
  const file = openSync(path, 'r');
  try {
    const head = Buffer.alloc(16 * 1024);
    readSync(file, head, 0, head.length, 0);
    return head;
  } finally {
    closeSync(file);
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function firstLine(text: string): string {
  return text.trim().split('\n')[0] ?? '';
}
