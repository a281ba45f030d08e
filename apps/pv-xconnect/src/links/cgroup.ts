/**
 * Whether a process belongs to a container, by what the kernel says in /proc/<pid>/cgroup. The container's engine put
 * its init into `lxc/<name>` in each hierarchy that it manages; which hierarchies those are differs between
 * machines, as does the order of lines, so neither counts. A container may make groups below its own and, in a
 * hierarchy that nobody manages, anywhere: so the first `lxc` of a path decides, and no line may disagree.
 */

/** `text`: the process's cgroup file. `own`: this process's, whose paths are a prefix where the runtime itself runs in a container. */
export function belongsTo(container: string, text: string, own: string): boolean {
  const prefixes = new Map(groups(own));
  const names = groups(text).map(([hierarchy, path]) => containerOf(path, prefixes.get(hierarchy) ?? '/'));
  const known = names.filter((name) => name !== undefined);
  return known.length > 0 && known.every((name) => name === container);
}

/** Of each hierarchy. Lines are `<number>:<controllers>:<path>`; a path may hold colons. */
export function groups(text: string): [hierarchy: string, path: string][] {
  return text.split('\n').flatMap((line): [string, string][] => {
    const parts = /^\d+:([^:]*):(\/.*)$/.exec(line);
    return parts === null ? [] : [[parts[1] ?? '', parts[2] ?? '']];
  });
}

function containerOf(path: string, prefix: string): string | undefined {
  const below = prefix !== '/' && path.startsWith(`${prefix}/`) ? path.slice(prefix.length) : path;
  const parts = below.split('/');
  const at = parts.indexOf('lxc');
  return at < 0 ? undefined : parts[at + 1];
}
