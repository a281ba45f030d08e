/**
 * Real LXC containers for tests: a root file system of busybox, an lxcPath and state directories in one temporary
 * directory, an empty network. `close` kills and removes whatever a failed test left.
 */
import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ContainerName } from '@pv/contract/names';
import type { Harness } from '@pv/engine/conformance';
import type { Engine, StartSpec } from '@pv/engine/engine';
import { tempRoot } from '@pv/testkit/temp-root';
import { waitFor } from '@pv/testkit/wait-for';
import { createLxcEngine, type LxcOptions } from '../../src/lxc-engine.ts';

export const hook = join(import.meta.dirname, '..', '..', 'hooks', 'pv-lxc-hook');

export interface LxcHarness extends Harness {
  readonly root: string;
  readonly lxcPath: string;
  /** As `spec`, with more lines of configuration and other fields. */
  specWith(script: string, lines: readonly string[], more?: Partial<StartSpec>): StartSpec;
  close(): Promise<void>;
}

const applets = ['cat', 'dd', 'echo', 'env', 'kill', 'ls', 'mkdir', 'mount', 'reboot', 'rm', 'sh', 'sleep', 'true', 'yes', 'head', 'tail'];

/** `file`: unique among test files, since names of cgroups are the machine's. */
export function lxcHarness(file: string, options: Partial<LxcOptions> = {}, rootName = `pv-lxc-${file}`): LxcHarness {
  const temp = tempRoot(rootName);
  const root = temp.path;
  const lxcPath = join(root, 'lxc');
  const base = makeBase(join(root, 'base'));
  const specs: StartSpec[] = [];
  const another = (): Engine => createLxcEngine({ hook, logLevel: 2, allowHostNetwork: false, lxcPath, ...options });
  const engine = another();
  const specWith: LxcHarness['specWith'] = (script, lines, more = {}) => {
    const spec = { ...makeSpec(`t${process.pid}-${file}-${specs.length}`, { root, base, script, lines }), ...more };
    specs.push(spec);
    return spec;
  };
  return {
    root, lxcPath, engine, another, specWith, remains,
    spec: (script) => specWith(script, []),
    consoleOf: ({ logs }) => (existsSync(logs.console) ? readFileSync(logs.console, 'utf8') : ''),
    killMonitor: ({ stateDir }) => void process.kill(Number(readFileSync(join(stateDir, 'monitor.pid'), 'utf8')), 'SIGKILL'),
    waitFor: async (check, what) => void (await waitFor(check, { what })),
    close: async () => {
      for (const spec of specs) await removeAll(engine, spec);
      engine.tidy();
      temp.remove();
    },
  };
}

async function removeAll(engine: Engine, spec: StartSpec): Promise<void> {
  const found = await engine.adopt(spec);
  if (found.kind === 'running') {
    await found.container.kill();
    await found.container.ended;
  }
  await engine.sweep(spec);
}

function makeBase(base: string): string {
  for (const directory of ['bin', 'dev', 'etc', 'proc', 'sys', 'tmp', 'data']) mkdirSync(join(base, directory), { recursive: true });
  copyFileSync('/usr/bin/busybox', join(base, 'bin/busybox'));
  chmodSync(join(base, 'bin/busybox'), 0o755);
  for (const applet of applets) symlinkSync('busybox', join(base, 'bin', applet));
  return base;
}

interface Parts {
  readonly root: string;
  readonly base: string;
  readonly script: string;
  readonly lines: readonly string[];
}

function makeSpec(name: string, { root, base, script, lines }: Parts): StartSpec {
  const own = join(root, name);
  for (const directory of ['init', 'writable', 'state', 'logs']) mkdirSync(join(own, directory), { recursive: true });
  writeFileSync(join(own, 'init', 'init'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return {
    name: name as ContainerName,
    group: null,
    config: { path: `${name}/lxc.container.conf`, text: ['lxc.init.cmd = /init', 'lxc.net.0.type = empty', ...lines].join('\n') },
    rootfs: { lower: [join(own, 'init'), base], writable: join(own, 'writable') },
    volumesDir: join(root, 'volumes'),
    mounts: [],
    environment: {},
    logs: { console: join(own, 'logs', 'console.log'), engine: join(own, 'logs', 'lxc.log') },
    stateDir: join(own, 'state'),
  };
}

/** Control groups, mounts and processes that bear the container's name. */
function remains({ name }: StartSpec): string[] {
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8').split('\n').filter((line) => line.includes(`/${name}/`));
  return [...groupsOf(name), ...mounts, ...processesOf(name)];
}

export function groupsOf(name: string): string[] {
  const hierarchies = existsSync('/sys/fs/cgroup/cgroup.procs') ? [''] : readdirSync('/sys/fs/cgroup');
  const names = [`lxc/${name}`, `lxc.monitor.${name}`, `lxc.payload.${name}`];
  return hierarchies.flatMap((hierarchy) => names.map((group) => join('/sys/fs/cgroup', hierarchy, group))).filter((path) => existsSync(path));
}

/** LXC's programs have it on their command line, or as their title. */
function processesOf(name: string): string[] {
  return readdirSync('/proc').filter((pid) => /^\d+$/.test(pid)).flatMap((pid) => {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      return command.includes('lxc') && new RegExp(`(?:^|[\\s/])${name.replaceAll('.', '\\.')}(?:[\\s/]|$)`).test(command) ? [`${pid}: ${command}`] : [];
    } catch {
      return [];
    }
  });
}
