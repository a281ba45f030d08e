/**
 * Which keys of LXC a revision may set. A revision is not trusted with the host: what runs programs on it, reads its
 * other files, shares its namespaces or writes its settings is refused, with the reason. Keys that are not listed are
 * refused too, so a new LXC cannot bring a new hole. Pure.
 *
 * It does not make root inside harmless: capabilities and device rules are the revision's to choose.
 */
import type { ConfigLine, ConfigPolicy } from './config-line.ts';
import { commandProblem } from './init-command.ts';
import { limitProblem } from './limits.ts';
import { mountEntryProblem } from './mount-entry.ts';

export interface Rule {
  readonly keys: RegExp;
  /** Absent: every value is allowed. `lines`: all of the file. */
  problem?(entry: ConfigLine, policy: ConfigPolicy, lines: readonly ConfigLine[]): string | undefined;
}

/** Ours take their place. Exported files carry them, and they say nothing about the container itself. */
export const replacedKeys = /^lxc\.(?:rootfs\.(?:path|mount|managed)|log\.(?:file|level|syslog)|console\.(?:path|logfile|size|rotate|buffer\.size)|start\.(?:auto|delay|order)|group)$/;

const hostNetwork = "shares the host's network: every interface and every abstract socket of the host. Use lxc.net.0.type = empty, or set PV_LXC_ALLOW_HOST_NETWORK=1 to allow it";
const hostProgram = 'runs a program on the host as root, which a revision may not do';
const hostFile = 'reads another file of the host, which a revision may not do';

/** In order: the first match decides. */
export const rules: readonly Rule[] = [
  { keys: replacedKeys },
  { keys: /^lxc\.hook(?:\.|$)/, problem: () => hostProgram },
  { keys: /^lxc\.net\.\d+\.script\./, problem: () => hostProgram },
  { keys: /^lxc\.(?:include|seccomp\.profile)$/, problem: () => hostFile },
  { keys: /^lxc\.mount\.fstab$/, problem: () => `${hostFile}; use lxc.mount.entry` },
  { keys: /^lxc\.namespace\.share\./, problem: () => "joins another process's namespace, which a revision may not do" },
  { keys: /^lxc\.namespace\.clone$/, problem: () => 'leaves out namespaces that keep the host safe; remove the line' },
  { keys: /^lxc\.namespace\.keep$/, problem: keptNamespaces },
  { keys: /^lxc\.net\.\d+\.type$/, problem: networkType },
  { keys: /^lxc\.(?:execute|monitor|cgroup2?\.dir|cgroup2?\.relative|ephemeral)(?:\.|$)/, problem: () => 'is for pv-core to decide; remove the line' },
  { keys: /^lxc\.cgroup2?\.[a-z0-9_]+\.[A-Za-z0-9_.]+$/, problem: limitProblem },
  { keys: /^lxc\.mount\.entry$/, problem: mountEntryProblem },
  { keys: /^lxc\.rootfs\.options$/, problem: rootfsOptions },
  { keys: /^lxc\.sysctl\./, problem: sysctl },
  { keys: /^lxc\.proc\.(?:oom_score_adj|oom_adj|coredump_filter|timerslack_ns|setgroups)$/ },
  { keys: /^lxc\.(?:arch|autodev|autodev\.tmpfs\.size|environment|idmap|keyring\.session|no_new_privs|uts\.name)$/ },
  { keys: /^lxc\.(?:apparmor\.(?:profile|allow_incomplete|allow_nesting|raw)|selinux\.context(?:\.keyring)?|seccomp\.allow_nesting)$/ },
  { keys: /^lxc\.cap\.(?:drop|keep)$/ },
  { keys: /^lxc\.init\.cmd$/, problem: commandProblem },
  { keys: /^lxc\.init\.(?:cwd|uid|gid|groups)$/ },
  { keys: /^lxc\.mount\.auto$/, problem: automaticMounts },
  { keys: /^lxc\.net\.\d+\.(?:flags|link|l2proxy|mtu|name|hwaddr|(?:veth|vlan|macvlan|ipvlan)\.[a-z0-9.]+|ipv[46]\.(?:address|gateway|route))$/ },
  { keys: /^lxc\.prlimit\.[a-z]+$/ },
  { keys: /^lxc\.(?:pty|tty)\.max$/ },
  { keys: /^lxc\.tty\.dir$/, problem: ({ value }) => (/^[A-Za-z0-9_-]*$/.test(value) ? undefined : 'must be the name of one directory in /dev') },
  { keys: /^lxc\.sched\.core$/ },
  { keys: /^lxc\.signal\.(?:halt|reboot|stop)$/ },
  { keys: /^lxc\.time\.offset\.(?:boot|monotonic)$/ },
];

function networkType({ value }: ConfigLine, { allowHostNetwork }: ConfigPolicy): string | undefined {
  if (value === 'none') return allowHostNetwork ? undefined : hostNetwork;
  if (value === 'phys') return allowHostNetwork ? undefined : 'takes an interface away from the host. Use veth, or set PV_LXC_ALLOW_HOST_NETWORK=1 to allow it';
  return ['empty', 'veth', 'vlan', 'macvlan', 'ipvlan'].includes(value) ? undefined : 'must be empty, veth, vlan, macvlan or ipvlan';
}

/** `user net ipc` is what many exported files say. */
function keptNamespaces({ value }: ConfigLine, { allowHostNetwork }: ConfigPolicy): string | undefined {
  const kept = value.split(/\s+/);
  const forbidden = kept.filter((name) => !['user', 'net', 'ipc', ''].includes(name));
  if (forbidden.length > 0) return `keeps the host's ${forbidden.join(' and ')} namespace, which a container may not`;
  return kept.includes('net') && !allowHostNetwork ? hostNetwork : undefined;
}

/** `shmounts:/path` would bind any directory of the host. */
function automaticMounts({ value }: ConfigLine): string | undefined {
  const allowed = /^(?:|proc(?::(?:mixed|rw))?|sys(?::(?:mixed|ro|rw))?|cgroup(?:-full)?(?::(?:mixed|ro|rw))?(?::force)?)$/;
  const other = value.split(/\s+/).find((word) => !allowed.test(word));
  return other === undefined ? undefined : `'${other}' is not allowed; a revision may say proc, sys, cgroup and cgroup-full, each with :mixed, :ro or :rw`;
}

/** For an overlay they could name other directories of the host. */
function rootfsOptions({ value }: ConfigLine): string | undefined {
  const allowed = ['idmap=container', 'ro', 'rw', 'nodev', 'nosuid', 'noexec', 'noatime', 'nodiratime', 'relatime'];
  const other = value.split(',').find((option) => !allowed.includes(option));
  return other === undefined ? undefined : `'${other}' is not allowed; a revision may say ${allowed.join(', ')}`;
}

/** Only what the kernel keeps per namespace: kernel.core_pattern, for one, runs a program on the host. */
function sysctl({ key }: ConfigLine): string | undefined {
  const name = key.slice('lxc.sysctl.'.length);
  if (name.includes('/') || name.includes('..')) return 'is not the name of a kernel setting';
  const own = /^(?:net\.|fs\.mqueue\.|kernel\.(?:sem|shm(?:all|max|mni|_rmid_forced)|msg(?:max|mnb|mni)|domainname)$)/;
  return own.test(name) ? undefined : 'changes the whole host; a container may set net., fs.mqueue. and System V IPC settings';
}
