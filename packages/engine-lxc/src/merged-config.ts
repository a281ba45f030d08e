/** The configuration LXC gets: the revision's own lines, then ours, which win (spec state-engine 6.2). Pure. */
import { join } from 'node:path';
import type { BindMount, StartSpec } from '@pv/engine/engine';
import { type CgroupLayout, containerGroup, monitorGroup } from './cgroup.ts';
import { configLines, configText, hasControl } from './config.ts';
import type { ConfigLine } from './config-line.ts';
import { replacedKeys } from './config-rules.ts';
import { limitsFor } from './limits.ts';

/** How a file of ours begins. */
export const configMark = '# Written by pv-core at each start; changes are lost.';

/** Bytes of the console's log before LXC moves it to `.1`, replacing the former one: at most twice this on disk. */
export const consoleLogBytes = 1024 * 1024;

export interface Surroundings {
  /** Absolute path of the shell hook that records init's pid and its end. */
  readonly hook: string;
  readonly layout: CgroupLayout;
  /** Bytes in the engine's log before this start. */
  readonly logLength: number;
}

export function mergedConfig(spec: StartSpec, { hook, layout, logLength }: Surroundings): string {
  const own = limitsFor(configLines(spec.config).filter(({ key }) => !replacedKeys.test(key)), layout);
  const has = (pattern: RegExp): boolean => own.some(({ key }) => pattern.test(key));
  const hookLine = hookCommand(spec, hook, logLength);
  const lines = [
    configMark,
    ...own.map(({ key, value }) => configText(key, key === 'lxc.mount.entry' ? value.replace(/^\/volumes\//, () => `${escaped(spec.volumesDir)}/`) : value)),
    ...defaults.filter(({ unless }) => !has(unless)).map(({ line }) => line),
    ...(has(/^lxc\.uts\.name$/) ? [] : [`lxc.uts.name = ${spec.name}`]),
    `lxc.rootfs.path = overlay:${[...spec.rootfs.lower, join(spec.rootfs.writable, 'upper')].join(':')}`,
    `lxc.cgroup.dir.container = ${containerGroup(spec.name)}`,
    `lxc.cgroup.dir.monitor = ${monitorGroup(spec.name)}`,
    `lxc.console.logfile = ${spec.logs.console}`,
    `lxc.console.size = ${consoleLogBytes}`,
    'lxc.console.rotate = 1',
    ...Object.entries(spec.environment).map(([key, value]) => `lxc.environment = ${key}=${value}`),
    ...spec.mounts.map(mountLine),
    'lxc.hook.version = 1',
    `lxc.hook.start-host = ${hookLine} ${sharesNetwork(own) ? 'host-network' : 'own-network'}`,
    `lxc.hook.stop = ${hookLine} stop`,
  ];
  return `${lines.join('\n')}\n`;
}

/** A path of the host that LXC's file format cannot carry, as a sentence; undefined when all are fine. */
export function unusablePath({ rootfs, volumesDir, mounts, logs, stateDir }: StartSpec, hook: string): string | undefined {
  const layers = [...rootfs.lower, rootfs.writable];
  const overlaid = layers.find((path) => /[:,\\]/.test(path));
  if (overlaid !== undefined) return `'${overlaid}' holds a colon, a comma or a backslash, which an overlay cannot: choose another run directory`;
  const all = [...layers, volumesDir, logs.console, logs.engine, stateDir, hook, ...mounts.flatMap(({ source, target }) => [source, target])];
  const bad = all.find((path) => hasControl(path) || !path.startsWith('/') || path.trim() !== path);
  return bad === undefined ? undefined : `${JSON.stringify(bad)} is not an absolute path without control characters and white space at its end`;
}

/** For what the revision leaves open. */
const defaults: readonly { readonly unless: RegExp; readonly line: string }[] = [
  // Without it the container would share the host's network.
  { unless: /^lxc\.net\.\d+\.type$/, line: 'lxc.net.0.type = empty' },
  { unless: /^lxc\.mount\.auto$/, line: 'lxc.mount.auto = proc:mixed sys:ro cgroup:mixed' },
  { unless: /^lxc\.tty\.max$/, line: 'lxc.tty.max = 0' },
  { unless: /^lxc\.pty\.max$/, line: 'lxc.pty.max = 64' },
  { unless: /^lxc\.cap\.(?:drop|keep)$/, line: 'lxc.cap.drop = audit_control audit_read mac_admin mac_override sys_boot sys_module sys_rawio sys_time syslog wake_alarm' },
];

/** Signal number of lxc.signal.halt, or its name; SIGPWR is LXC's default. */
export function haltSignal(spec: Pick<StartSpec, 'config'>): string {
  return configLines(spec.config).findLast(({ key }) => key === 'lxc.signal.halt')?.value ?? 'SIGPWR';
}

/** As LXC decides it; the hook refuses to let it happen otherwise. */
function sharesNetwork(lines: readonly ConfigLine[]): boolean {
  const types = lines.filter(({ key }) => /^lxc\.net\.\d+\.type$/.test(key));
  const kept = lines.filter(({ key }) => key === 'lxc.namespace.keep').flatMap(({ value }) => value.split(/\s+/));
  return kept.includes('net') || (types.length > 0 && types.every(({ value }) => value === 'none'));
}

/** LXC gives it to `sh -c`, after `exec`. No quotes: LXC would take a pair at both ends off. */
function hookCommand({ stateDir, logs, name }: StartSpec, hook: string, logLength: number): string {
  const words = [hook, stateDir, logs.engine].map((path) => path.replace(/[^\w./\u0080-\uffff-]/g, '\\$&'));
  return [...words, containerGroup(name), String(logLength)].join(' ');
}

function mountLine({ source, target, kind, readOnly }: BindMount): string {
  return `lxc.mount.entry = ${escaped(source)} ${escaped(target.slice(1))} none bind,${readOnly ? 'ro,' : ''}create=${kind} 0 0`;
}

/** As getmntent(3) reads it. */
function escaped(path: string): string {
  return path.replace(/[ \t\\]/g, (char) => `\\${char.charCodeAt(0).toString(8).padStart(3, '0')}`);
}
