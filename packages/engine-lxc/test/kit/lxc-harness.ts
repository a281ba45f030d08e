/**
 * Real LXC containers for tests: a root file system of busybox, an lxcPath and state directories in one temporary
 * directory, an empty network. `close` kills and removes whatever a failed test left.
 */
import { chmodSync, copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ContainerName } from '@pv/contract/names';
import { shellScript } from '@pv/engine/behaviour';
import type { ConfiningHarness, Limits } from '@pv/engine/conformance-limits';
import type { Engine, StartSpec } from '@pv/engine/engine';
import { inspection } from '@pv/testkit/container-inspection';
import { tempRoot } from '@pv/testkit/temp-root';
import { waitFor } from '@pv/testkit/wait-for';
import { createLxcEngine, type LxcOptions } from '../../src/lxc-engine.ts';

export const hook = join(import.meta.dirname, '..', '..', 'hooks', 'pv-lxc-hook');

export interface LxcHarness extends ConfiningHarness {
  readonly root: string;
  readonly lxcPath: string;
  /** A container whose init is this POSIX shell script. */
  spec(script: string): StartSpec;
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
    root, lxcPath, engine, another, specWith,
    ...keptByLxc,
    limited: (behaviour, limits) => specWith(shellScript(behaviour), limitLines(limits)),
    spec: (script) => specWith(script, []),
    hearsSignals: true,
    behaving: (behaviour) => specWith(shellScript(behaviour), []),
    cue: (_spec, { init }) => void process.kill(init.pid, 'SIGUSR1'),
    close: async () => {
      for (const spec of specs) await removeContainer(engine, spec);
      engine.tidy();
      temp.remove();
    },
  };
}

/** What any harness has whose containers LXC's monitor keeps. */
export const keptByLxc = {
  ...inspection,
  killMonitor: ({ stateDir }: StartSpec): void => void process.kill(Number(readFileSync(join(stateDir, 'monitor.pid'), 'utf8')), 'SIGKILL'),
  waitFor: async (check: () => boolean, what: string): Promise<void> => void (await waitFor(check, { what, timeoutMs: 60_000 })),
};

export async function removeContainer(engine: Engine, spec: StartSpec): Promise<void> {
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

function limitLines({ memory, pids, cpu }: Limits): string[] {
  return [
    ...(memory === undefined ? [] : [`lxc.cgroup.memory.limit_in_bytes = ${memory}M`, `lxc.cgroup2.memory.max = ${memory}M`]),
    ...(pids === undefined ? [] : [`lxc.cgroup.pids.max = ${pids}`, `lxc.cgroup2.pids.max = ${pids}`]),
    ...(cpu === undefined ? [] : [`lxc.cgroup.cpu.cfs_quota_us = ${cpu * 100_000}`, `lxc.cgroup2.cpu.max = ${cpu * 100_000} 100000`]),
  ];
}
