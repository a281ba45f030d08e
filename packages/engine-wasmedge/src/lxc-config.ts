/**
 * The LXC configuration of a WebAssembly container: every namespace its own, no network but loopback, no capability, no
 * way to gain one, a root that cannot be written. LXC's engine adds the rest. Pure.
 */
import type { WasmEdgeConfig } from './config.ts';

/** `program`: the runtime's path; LXC's tools show it, and pventer knows such a container by it. */
export function lxcConfig({ limits }: Pick<WasmEdgeConfig, 'limits'>, program: string): string {
  return [`lxc.init.cmd = ${program}`, ...fixed, ...Object.values(limitLines(limits)).flat()].join('\n');
}

const fixed = [
  'lxc.net.0.type = empty',
  'lxc.rootfs.options = ro,nosuid,nodev',
  // Nothing of the kernel's own files: the runtime needs none.
  'lxc.mount.auto =',
  'lxc.mount.entry = tmpfs run tmpfs rw,nosuid,nodev,noexec,mode=0755,size=1m 0 0',
  'lxc.tty.max = 0',
  'lxc.cap.keep = none',
  'lxc.no_new_privs = 1',
  // WASI knows no signals, and the kernel does not deliver any to a first process that has no handler for it.
  'lxc.signal.halt = SIGKILL',
];

const period = 100_000;

/** By the key of `limits` that asks for it; for both versions of control groups: LXC's engine takes the machine's. */
export function limitLines({ memory, pids, cpu }: WasmEdgeConfig['limits']): Readonly<Record<string, readonly string[]>> {
  const quota = cpu === undefined ? 0 : Math.max(1000, Math.round(cpu * period));
  return {
    ...(memory === undefined ? {} : { memory: [`lxc.cgroup.memory.limit_in_bytes = ${memory}`, `lxc.cgroup2.memory.max = ${memory}`] }),
    ...(pids === undefined ? {} : { pids: [`lxc.cgroup.pids.max = ${pids}`, `lxc.cgroup2.pids.max = ${pids}`] }),
    ...(cpu === undefined ? {} : { cpu: [`lxc.cgroup.cpu.cfs_period_us = ${period}`, `lxc.cgroup.cpu.cfs_quota_us = ${quota}`, `lxc.cgroup2.cpu.max = ${quota} ${period}`] }),
  };
}
