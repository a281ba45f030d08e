/** The managed daemons (spec state-engine 7, control-api 2.4): what each is, and with which rights it runs. */
import { join } from 'node:path';
import type { Daemon, DaemonAction } from '@pv/contract/daemons';
import type { DaemonName } from '@pv/contract/names';
import type { Config } from '@pv/runtime/config';
import type { Places } from '@pv/runtime/places';
import type { HostedBus } from '@pv/state/hosted-bus';
import { busCommand } from '../hosted-bus/command.ts';
import type { DoorSockets } from './door-sockets.ts';
import { FdStore, storeDescription } from './fd-store.ts';
import { type DaemonDeps, type DaemonSpec, ManagedDaemon } from './daemon.ts';

export interface DaemonsOptions extends DaemonDeps {
  readonly config: Config;
  readonly places: Places;
  readonly doors: DoorSockets;
  /** Undefined: it is off. */
  readonly hostedBus: HostedBus | undefined;
  /** Directory of the programs, and how Node is called. */
  readonly programs: string;
  readonly node: readonly string[];
}

/** Not run in appengine mode; upstream lists it so, and clients compare. */
const hwrngd: Daemon = { name: 'hwrngd' as DaemonName, pid: 0, respawn: true };

/** What pv-xconnect needs, and for what. It gets nothing else, even as root. */
const meshCapabilities = [
  // The roots of containers, files of any owner in them, and stale sockets in sticky directories.
  'sys_ptrace', 'dac_override', 'fowner',
  // Device nodes with the provider's owner.
  'mknod', 'chown',
  // Mounts of sockets and devices, made inside a container's mount namespace (setns asks for both), and device rules.
  'sys_admin', 'sys_chroot',
  // Connecting to a bus as the role's user and group, and making files as a container's mapped root.
  'setuid', 'setgid',
];

export class Daemons {
  readonly #daemons: readonly ManagedDaemon[];

  constructor(options: DaemonsOptions) {
    this.#daemons = [doorDaemon(options), busDaemon(options), meshDaemon(options)].map((spec) => new ManagedDaemon(spec, options));
  }

  begin(): void {
    for (const daemon of this.#daemons) daemon.begin();
  }

  list(): Daemon[] {
    return [hwrngd, ...this.#daemons.map(({ record }) => record)];
  }

  /** False: there is no such daemon. */
  act(name: string, action: DaemonAction): boolean {
    if (name === hwrngd.name) return true;
    const daemon = this.#daemons.find((other) => other.name === name);
    daemon?.act(action);
    return daemon !== undefined;
  }

  async stopAll(): Promise<void> {
    await Promise.all(this.#daemons.map((daemon) => daemon.stop()));
  }
}

function doorDaemon({ config, doors, places, programs, node }: DaemonsOptions): DaemonSpec {
  const id = String(config.PV_CTRL_UID);
  const rights = ['--reuid', id, '--regid', id, '--clear-groups', '--inh-caps=-all', '--bounding-set=-all', '--no-new-privs'];
  return {
    name: 'pv-ctrl' as DaemonName,
    argv: ['setpriv', ...rights, '--', ...node, join(programs, 'pv-ctrl.mjs')],
    env: { ...baseEnv(config, places), PV_CTRL_LISTEN: doors.description },
    inherit: () => doors.open(),
  };
}

function busDaemon({ config, places, hostedBus }: DaemonsOptions): DaemonSpec {
  return {
    name: 'pv-dbus' as DaemonName,
    argv: busCommand(places.hostedBus, places),
    env: baseEnv(config, places),
    inherit: () => [],
    // A line for each call that is refused, so any container on the bus decides how many.
    lineLimit: { lines: 100, seconds: 10 },
    // Always: an earlier pv-core may have been killed between writing new rules and saying so.
    ...(hostedBus === undefined ? { off: 'PV_XCONNECT_DBUS_SYSTEMBUS_ENABLED=0' } : { reread: true }),
  };
}

function meshDaemon({ config, places, programs, node }: DaemonsOptions): DaemonSpec {
  const store = new FdStore();
  const bounds = ['-all', ...meshCapabilities.map((capability) => `+${capability}`)].join(',');
  return {
    name: 'pv-xconnect' as DaemonName,
    argv: ['setpriv', `--bounding-set=${bounds}`, '--inh-caps=-all', '--no-new-privs', '--', ...node, join(programs, 'pv-xconnect.mjs')],
    env: {
      ...baseEnv(config, places), PV_XCONNECT_MANAGED: '1', PV_XCONNECT_STORE: storeDescription,
      PV_XCONNECT_LINGER: String(config.PV_XCONNECT_LINGER), PV_XCONNECT_TEST_DEVICES: config.PV_XCONNECT_TEST_DEVICES,
    },
    inherit: () => store.open(),
    adopted: (pid) => store.adopt(pid),
    restartSignal: 'SIGUSR2',
  };
}

function baseEnv(config: Config, { run, storage }: Places): Record<string, string> {
  return { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', PV_SYSTEM_RUNDIR: run, PV_STORAGE_MNTPOINT: storage, PV_LOG_LEVEL: String(config.PV_LOG_LEVEL) };
}
