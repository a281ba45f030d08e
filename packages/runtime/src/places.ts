/** Where everything lies at run time (design, section 6). Pure: it only joins checked names. */
import { join } from 'node:path';

export interface Roots {
  /** PV_SYSTEM_RUNDIR */
  readonly run: string;
  /** PV_STORAGE_MNTPOINT */
  readonly storage: string;
}

export interface Places extends Roots {
  /** Host-side control socket, served by pv-ctrl. */
  readonly ctrlSocket: string;
  /** Directory of pv-core's own socket: root and pv-ctrl's group only. */
  readonly coreDir: string;
  readonly coreSocket: string;
  /** pv-xconnect's own socket: root only. */
  readonly xconnectSocket: string;
  /** FIFOs and pid records of managed daemons. */
  readonly daemons: string;
  readonly volumes: string;
  readonly hostedBus: HostedBusPlaces;
  /** `<run>/logs`, a link to `<storage>/logs`. */
  readonly logs: string;
  readonly objects: string;
  readonly trails: string;
  container(name: string): ContainerPlaces;
  trail(revision: string): string;
  revisionLogs(revision: string): string;
}

/** The system bus that the host runs for containers; upstream has these in /run/pv/dbus. */
export interface HostedBusPlaces {
  readonly dir: string;
  readonly socket: string;
  readonly config: string;
  readonly policy: string;
  /** The bus's own user database. */
  readonly passwd: string;
  /** Kept over boots and revisions: the user id of each role. */
  readonly uids: string;
}

export interface ContainerPlaces {
  /** Run-time state of one container. */
  readonly state: string;
  /** The engine's records: init's pid, the exact end. */
  readonly engine: string;
  /** Mounted read-only at /pantavisor in the container. */
  readonly pantavisor: string;
  /** The container's own control socket, in `pantavisor`. */
  readonly ctrlSocket: string;
  /** Parent of the container's mounted volumes. */
  readonly volumes: string;
}

export function places({ run, storage }: Roots): Places {
  return {
    run,
    storage,
    ctrlSocket: join(run, 'pv-ctrl'),
    coreDir: join(run, 'core'),
    coreSocket: join(run, 'core', 'pv-core'),
    xconnectSocket: join(run, 'xconnect', 'pv-xconnect'),
    daemons: join(run, 'daemons'),
    volumes: join(run, 'volumes'),
    hostedBus: {
      dir: join(run, 'dbus'),
      socket: join(run, 'dbus', 'system_bus_socket'),
      config: join(run, 'dbus', 'system.conf'),
      policy: join(run, 'dbus', 'policy.d', 'pv-generated.conf'),
      passwd: join(run, 'dbus', 'passwd'),
      uids: join(storage, 'config', 'dbus-role-uids.json'),
    },
    logs: join(run, 'logs'),
    objects: join(storage, 'objects'),
    trails: join(storage, 'trails'),
    container: (name) => ({
      state: join(run, 'containers', name),
      engine: join(run, 'containers', name, 'engine'),
      pantavisor: join(run, 'containers', name, 'pantavisor'),
      ctrlSocket: join(run, 'containers', name, 'pantavisor', 'pv-ctrl'),
      volumes: join(run, 'volumes', name),
    }),
    trail: (revision) => join(storage, 'trails', revision),
    revisionLogs: (revision) => join(storage, 'logs', revision),
  };
}
