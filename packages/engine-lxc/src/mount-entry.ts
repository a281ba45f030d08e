/**
 * `lxc.mount.entry` of a revision: from where may a container mount? Pure. LXC itself opens the target inside the
 * container without following links; the source is opened on the host, so no part of it may be the container's to replace.
 */
import type { ConfigLine } from './config-line.ts';

/** File systems that show nothing of the host's files. */
const virtualTypes = new Set(['proc', 'sysfs', 'tmpfs', 'ramfs', 'devpts', 'mqueue', 'cgroup', 'cgroup2']);

/** Options that would make a source or a directory out of a harmless looking entry. */
const binds = /^r?bind$/;
const refusedOptions = /^(?:(?:make-)?r?(?:shared|slave|unbindable)|move|remount|(?:lower|upper|work)dir=.*|idmap=.*)$/;

/** `source target type options dump pass` */
export function mountEntryProblem({ value }: ConfigLine): string | undefined {
  const [source = '', target = '', type = '', options = ''] = value.split(/\s+/);
  if (type === '') return 'must be: source target type options';
  const words = options.split(',');
  const refused = words.find((word) => refusedOptions.test(word));
  if (refused !== undefined) return `the option '${refused}' is not allowed`;
  // The source would be looked up in the container's files, but its links followed on the host.
  if (words.includes('relative')) return "the option 'relative' is not allowed: a link in the container would lead to the host";
  // C libraries differ in what else they decode.
  if (/\\(?!040|011|134)/.test(source + target)) return 'may hold no backslash but in \\040, \\011 and \\134';
  if (`${source}/${target}`.split('/').includes('..')) return "must not contain '..'";
  if (words.some((word) => binds.test(word))) return bindSource(source);
  if (virtualTypes.has(type) && !source.startsWith('/')) return undefined;
  if (source.startsWith('/')) return `mounts '${source}' without the option bind, as a disk; a container may only bind`;
  return `mounts a file system of type '${type}'; a container may mount ${[...virtualTypes].join(', ')}`;
}

/** Below a volume the container has written itself, and a link of its making would be followed on the host. */
const volume = /^\/volumes\/[^/]+\/[^/]+\/?$/;
/** Not what LXC's own descriptors, other containers or users stand behind. */
const device = /^\/dev\/(?!(?:fd|stdin|stdout|stderr|shm|pts|mqueue)(?:\/|$))[^/]/;
const prefixes = ['/sys/', '/lib/modules/', '/lib/firmware/'];
const whole = ['/sys', '/lib/modules', '/lib/firmware', '/etc/resolv.conf'];

function bindSource(source: string): string | undefined {
  if (volume.test(source) || device.test(source) || whole.includes(source) || prefixes.some((prefix) => source.startsWith(prefix))) return undefined;
  if (source.startsWith('/volumes/')) return `'${source}' is inside a volume, where the container can put a link to the host; mount the whole /volumes/<container>/<volume>`;
  if (source.startsWith('/exports/')) return `'${source}': directories that containers export are not provided; share a volume, /volumes/<container>/<volume>`;
  return `mounts '${source}' of the host; a container may bind /volumes/<container>/<volume>, single devices of /dev, ${[...prefixes, ...whole].join(', ')}`;
}
