/**
 * How the bus is started: in a mount namespace of its own, where its user database is /etc/passwd, and with no more
 * rights than it needs to become its own user. Every step replaces the one before, so the pid is the bus's.
 */
import type { Places } from '@pv/runtime/places';

export const busProgram = '/usr/bin/dbus-daemon';

/** The namespace must not keep the volumes of containers: one that is unmounted on the host would stay in use here. */
const script = `for at in $(cut -d' ' -f2 /proc/self/mounts); do
  case $at in "$1"/*) umount -l "$at" 2>/dev/null ;; esac
done
mount --bind "$2" /etc/passwd || exit
shift 2
exec "$@"`;

/** Until it has become its user; raising its limit of descriptors is all that it does before. */
const capabilities = '-all,+setuid,+setgid,+sys_resource';

export function busCommand(files: { readonly passwd: string; readonly config: string }, { volumes }: Places, options: readonly string[] = []): string[] {
  const isolated = ['unshare', '--mount', '--propagation', 'slave', '--', 'sh', '-c', script, 'sh', volumes, files.passwd];
  const bounded = ['setpriv', `--bounding-set=${capabilities}`, '--inh-caps=-all', '--no-new-privs', '--'];
  return [...isolated, ...bounded, busProgram, '--nofork', '--nopidfile', `--config-file=${files.config}`, ...options];
}
