/** The control file of a Debian package. Pure. */
import type { Need, Program } from '../programs.ts';

export interface Identity {
  readonly version: string;
  /** Debian's name of it, or `all`. */
  readonly architecture: string;
  /** Bytes. */
  readonly size: number;
}

/** `setpriv` and `flock` are essential there. The C library is the one that koffi's addons ask for. */
const packages: Readonly<Record<Need, string>> = {
  node: 'nodejs (>= 20.19)', lxc: 'lxc', setpriv: 'util-linux', flock: 'util-linux', 'dbus-daemon': 'dbus-daemon', wasmedge: 'wasmedge', 'libstdc++': 'libstdc++6, libgcc-s1, libc6 (>= 2.34)',
};

/** Ours have to be of one version: what they say to each other may change with it. */
export function control({ name, summary, description, needs, wants = [], uses = [] }: Omit<Program, 'files'>, { version, architecture, size }: Identity): string {
  const relation = (field: string, names: readonly string[]) => (names.length === 0 ? [] : [`${field}: ${names.map((need) => packages[need as Need] ?? `${need} (= ${version})`).join(', ')}`]);
  return [
    `Package: ${name}`, `Version: ${version}`, `Architecture: ${architecture}`,
    'Maintainer: the pv-runtime authors <authors@pv-runtime.invalid>',
    `Installed-Size: ${Math.ceil(size / 1024)}`,
    ...relation('Depends', needs), ...relation('Recommends', wants), ...relation('Suggests', uses),
    'Section: admin', 'Priority: optional', `Description: ${summary}`, ` ${description}`, '',
  ].join('\n');
}
