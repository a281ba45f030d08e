/**
 * `lxc.container.conf` of a revision -> what may be said and what may not. A revision is not trusted with the host:
 * keys that run programs on the host, read other files or share the host's namespaces are refused, with the reason.
 * Pure; nothing is read.
 */
import type { CgroupLayout } from './cgroup.ts';

export interface ConfigPolicy {
  readonly allowHostNetwork: boolean;
  readonly layout: CgroupLayout;
}

export interface ConfigLine {
  readonly key: string;
  readonly value: string;
  readonly line: number;
}

export interface ConfigFile {
  readonly path: string;
  readonly text: string;
}

/** Lines in order; comments and empty lines left out. */
export function configLines({ text }: ConfigFile): ConfigLine[] {
  return text.split('\n').flatMap((raw, index) => {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) return [];
    const split = line.indexOf('=');
    const [key, value] = split < 0 ? [line, ''] : [line.slice(0, split).trim(), line.slice(split + 1).trim()];
    return [{ key, value, line: index + 1 }];
  });
}

/** One sentence per defect, beginning with `file:line:`. */
export function configProblems(file: ConfigFile, policy: ConfigPolicy): string[] {
  return configLines(file).flatMap((entry) => {
    const problem = problemOf(entry, policy);
    return problem === undefined ? [] : [`${file.path}:${entry.line}: ${entry.key}: ${problem}`];
  });
}

interface Rule {
  readonly keys: RegExp;
  problem(entry: ConfigLine, policy: ConfigPolicy): string | undefined;
}

const hostNetwork = "shares the host's network: every interface and every abstract socket of the host. Use lxc.net.0.type = empty, or set PV_LXC_ALLOW_HOST_NETWORK=1 to allow it";

const rules: readonly Rule[] = [
  { keys: /^(?!lxc\.)/, problem: () => 'is not an LXC key; every key begins with "lxc."' },
  { keys: /^lxc\.hook\./, problem: () => 'runs a program on the host as root, which a revision may not do' },
  { keys: /^lxc\.include$/, problem: () => 'reads another file of the host, which a revision may not do' },
  { keys: /^lxc\.namespace\.share\./, problem: () => "joins another process's namespace, which a revision may not do" },
  { keys: /^lxc\.namespace\.(?:keep|clone)$/, problem: keptNamespaces },
  { keys: /^lxc\.net\.\d+\.type$/, problem: ({ value }, policy) => (value === 'none' && !policy.allowHostNetwork ? hostNetwork : undefined) },
  { keys: /^lxc\.net\.\d+\.script\./, problem: () => 'runs a program on the host as root, which a revision may not do' },
  { keys: /^lxc\.mount\.fstab$/, problem: () => 'reads another file of the host, which a revision may not do; use lxc.mount.entry' },
  { keys: /^lxc\.mount\.entry$/, problem: mountEntry },
  { keys: /^lxc\.(?:rootfs\.mount|execute|log|console\.(?:logfile|path)|monitor|cgroup2?\.dir|cgroup\.relative|group|start)(?:\.|$)/, problem: () => 'is set by pv-core; remove the line' },
  { keys: /^lxc\.seccomp\.profile$/, problem: () => 'reads another file of the host, which a revision may not do' },
  { keys: /^lxc\.cgroup2\./, problem: (_, { layout }) => (layout === 'CGROUP_UNIFIED' ? undefined : 'this machine has cgroup v1, where LXC ignores it without an error; use lxc.cgroup. for it') },
  { keys: /^lxc\.cgroup\./, problem: (_, { layout }) => (layout === 'CGROUP_UNIFIED' ? 'this machine has only cgroup v2, where LXC ignores it; use lxc.cgroup2. for it' : undefined) },
];

function problemOf(entry: ConfigLine, policy: ConfigPolicy): string | undefined {
  for (const { keys, problem } of rules) {
    const found = keys.test(entry.key) ? problem(entry, policy) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

/** `user net ipc` is what many exported files say. */
function keptNamespaces({ key, value }: ConfigLine, { allowHostNetwork }: ConfigPolicy): string | undefined {
  if (key.endsWith('clone')) return 'leaves out namespaces that keep the host safe; remove the line';
  const kept = value.split(/\s+/);
  const forbidden = kept.filter((name) => ['mnt', 'pid', 'cgroup'].includes(name));
  if (forbidden.length > 0) return `keeps the host's ${forbidden.join(' and ')} namespace, which a container may not`;
  return kept.includes('net') && !allowHostNetwork ? hostNetwork : undefined;
}

const virtualFileSystems = new Set(['proc', 'sysfs', 'tmpfs', 'devpts', 'mqueue', 'cgroup', 'cgroup2', 'none', 'shm']);

/** `source target type options dump pass`: from where may a container mount? */
function mountEntry({ value }: ConfigLine): string | undefined {
  const [source = '', target = '', type = ''] = value.split(/\s+/);
  if (`${source}/${target}`.split('/').includes('..')) return "must not contain '..'";
  if (virtualFileSystems.has(source) || virtualFileSystems.has(type) && !source.startsWith('/')) return undefined;
  const allowed = ['/volumes/', '/exports/', '/dev/', '/sys/', '/lib/modules/', '/lib/firmware'];
  if (allowed.some((prefix) => source.startsWith(prefix)) || source === '/sys' || source === '/etc/resolv.conf') return undefined;
  return `mounts '${source}' of the host; a container may mount from ${allowed.join(', ')}, /sys and /etc/resolv.conf`;
}
