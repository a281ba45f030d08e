/** The configuration LXC gets: the revision's own lines, then ours, which win (spec state-engine 6.2). Pure. */
import { join } from 'node:path';
import type { BindMount, StartSpec } from '@pv/engine/engine';
import { containerGroup, monitorGroup } from './cgroup.ts';
import { configLines } from './config.ts';

/** `hook`: absolute path of the shell hook that records init's pid and its end. */
export function mergedConfig(spec: StartSpec, hook: string): string {
  const own = configLines(spec.config).filter(({ key }) => key !== 'lxc.rootfs.path');
  const has = (pattern: RegExp): boolean => own.some(({ key }) => pattern.test(key));
  const hookLine = `${hook} ${spec.stateDir} ${spec.logs.engine} ${containerGroup(spec.name)}`;
  const lines = [
    ...own.map(({ key, value }) => `${key} = ${key === 'lxc.mount.entry' ? value.replace(/^\/volumes\//, `${spec.volumesDir}/`) : value}`),
    ...defaults.filter(({ unless }) => !has(unless)).map(({ line }) => line),
    ...(has(/^lxc\.uts\.name$/) ? [] : [`lxc.uts.name = ${spec.name}`]),
    `lxc.rootfs.path = overlay:${[...spec.rootfs.lower, join(spec.rootfs.writable, 'upper')].join(':')}`,
    `lxc.cgroup.dir.container = ${containerGroup(spec.name)}`,
    `lxc.cgroup.dir.monitor = ${monitorGroup(spec.name)}`,
    `lxc.console.logfile = ${spec.logs.console}`,
    'lxc.console.buffer.size = auto',
    ...Object.entries({ container: `pv-${spec.group ?? 'none'}`, ...spec.environment }).map(([key, value]) => `lxc.environment = ${key}=${value}`),
    ...spec.mounts.map(mountLine),
    'lxc.hook.version = 1',
    `lxc.hook.start-host = ${hookLine}`,
    `lxc.hook.stop = ${hookLine}`,
  ];
  return `${lines.join('\n')}\n`;
}

/** For what the revision leaves open. */
const defaults: readonly { readonly unless: RegExp; readonly line: string }[] = [
  { unless: /^lxc\.net\./, line: 'lxc.net.0.type = empty' },
  { unless: /^lxc\.mount\.auto$/, line: 'lxc.mount.auto = proc:mixed sys:ro cgroup:mixed' },
  { unless: /^lxc\.tty\.max$/, line: 'lxc.tty.max = 0' },
  { unless: /^lxc\.pty\.max$/, line: 'lxc.pty.max = 64' },
  { unless: /^lxc\.cap\.(?:drop|keep)$/, line: 'lxc.cap.drop = audit_control audit_read mac_admin mac_override sys_boot sys_module sys_rawio sys_time syslog wake_alarm' },
];

/** Signal number of lxc.signal.halt, or its name; SIGPWR is LXC's default. */
export function haltSignal(spec: Pick<StartSpec, 'config'>): string {
  return configLines(spec.config).findLast(({ key }) => key === 'lxc.signal.halt')?.value ?? 'SIGPWR';
}

function mountLine({ source, target, kind, readOnly }: BindMount): string {
  const escape = (path: string): string => path.replace(/[\s\\]/g, (char) => `\\${char.charCodeAt(0).toString(8).padStart(3, '0')}`);
  return `lxc.mount.entry = ${escape(source)} ${escape(target.slice(1))} none bind,${readOnly ? 'ro,' : ''}create=${kind} 0 0`;
}
