/**
 * What is released: the one place that says which files each program has on a device, and what it needs there.
 * Tarballs, Debian packages, recipes and their tests come from this table.
 */
export interface Program {
  readonly name: string;
  /** One line, for lists of packages. */
  readonly summary: string;
  readonly description: string;
  /** Must be there; must be there for most of what it does; makes it do more. Names as in `Need`, or of one of our programs. */
  readonly needs: readonly string[];
  readonly wants?: readonly string[];
  readonly uses?: readonly string[];
  /** Paths on the device, without the first slash. What they are made of: contents.ts. */
  readonly files: readonly string[];
}

/** What is not ours, by a name that is nobody's: a distribution maps it to its package. `node` is 20.19 or newer. */
export type Need = 'node' | 'lxc' | 'setpriv' | 'flock' | 'dbus-daemon' | 'wasmedge' | 'libstdc++';

const lib = 'usr/lib/pantavisor';

export const programs: readonly Program[] = [
  {
    name: 'pv-appengine',
    summary: 'runs Pantavisor containers on any Linux machine',
    description: 'Seeds the storage at first boot, then runs pv-core, again and again.',
    needs: ['node', 'flock', 'pv-native', 'pv-core'],
    files: [...usual('pv-appengine', 'mjs'), 'usr/lib/systemd/system/pv-appengine.service', 'etc/init.d/pv-appengine'],
  },
  {
    name: 'pv-core',
    summary: 'state engine of Pantavisor',
    description: 'Runs a revision: starts its containers group by group and keeps them.',
    needs: ['node', 'lxc', 'setpriv', 'pv-native', 'pv-ctrl'],
    wants: ['pv-xconnect'],
    uses: ['dbus-daemon', 'wasmedge'],
    files: [...usual('pv-core', 'mjs'), `${lib}/build.json`, `${lib}/hooks/pv-lxc-hook`, 'usr/lib/sysusers.d/pv-core.conf'],
  },
  {
    name: 'pv-ctrl',
    summary: "control API of Pantavisor",
    description: 'The door of the control API: finds out who calls, checks, limits and forwards. Runs without privileges.',
    needs: ['node'],
    files: [...usual('pv-ctrl', 'mjs'), 'usr/lib/sysusers.d/pv-ctrl.conf'],
  },
  {
    name: 'pv-xconnect',
    summary: 'service mesh between Pantavisor containers',
    description: 'Carries plain sockets, HTTP, D-Bus, Wayland and graphics devices between containers.',
    needs: ['node', 'pv-native'],
    files: [...usual('pv-xconnect', 'mjs'), `${lib}/pv-xconnect.mount.mjs`, `${lib}/pv-xconnect.relay.mjs`],
  },
  {
    name: 'pvcontrol',
    summary: 'shows and controls Pantavisor containers',
    description: 'Command line of the control API: containers, daemons, groups and the graph of links.',
    needs: ['node'],
    files: usual('pvcontrol', 'cjs'),
  },
  {
    name: 'pvcurl',
    summary: 'minimal HTTP client for unix sockets',
    description: "The part of curl's command line that scripts use with the control API.",
    needs: ['node'],
    files: usual('pvcurl', 'cjs'),
  },
  {
    name: 'pventer',
    summary: 'opens a shell in a Pantavisor container',
    description: 'Runs a program, or a shell, in a container that runs.',
    needs: ['node', 'lxc'],
    files: usual('pventer', 'cjs'),
  },
];

/** What every program has: launcher, bundle, licences and page of the manual. */
function usual(name: string, extension: 'mjs' | 'cjs'): string[] {
  return [`usr/bin/${name}`, `${lib}/${name}.${extension}`, ...documents(name)];
}

function documents(name: string): string[] {
  return [`usr/share/doc/${name}/copyright`, `usr/share/doc/${name}/${name}.md`];
}
