/** What the engine gets for one container: its files, mounts and log paths; makes the host-side directories. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { RevisionName } from '@pv/contract/names';
import type { BindMount, StartSpec } from '@pv/engine/engine';
import type { Places } from '@pv/runtime/places';
import type { ContainerModel } from '@pv/state/model';
import { declaration } from '../revision/declaration.ts';
import { overlayVolume } from '../storage/volumes.ts';

export function startSpec(container: ContainerModel, revision: RevisionName, places: Places): StartSpec {
  const { name, group, module, volumes, hasConfigOverlay } = container;
  const own = places.container(name);
  const trail = places.trail(revision);
  const logs = engineLogs(container, revision, places);
  makeContainerDirs(container, revision, places);
  const images = volumes.filter(({ kind }) => kind === 'image');
  const root = images[0] === undefined || module !== null ? [] : [join(own.volumes, images[0].name)];
  return {
    name,
    group,
    ...declaration(container, trail),
    rootfs: { lower: [...(hasConfigOverlay ? [join(trail, '_config', name)] : []), ...root], writable: join(own.volumes, overlayVolume.name) },
    volumesDir: places.volumes,
    mounts: pantavisorMounts(container, revision, places),
    environment: { PV_CONTAINER_NAME: name },
    logs: { console: join(logs, 'console.log'), engine: join(logs, 'lxc.log') },
    stateDir: own.engine,
  };
}

/** Made early: the control socket of a container lies in its `pantavisor` directory. */
export function makeContainerDirs(container: ContainerModel, revision: RevisionName, places: Places): void {
  const { name } = container;
  const own = places.container(name);
  mkdirSync(own.engine, { recursive: true, mode: 0o700 });
  // The mount point for logs: the directory itself is read-only inside.
  mkdirSync(join(own.pantavisor, 'logs'), { recursive: true, mode: 0o755 });
  mkdirSync(engineLogs(container, revision, places), { recursive: true, mode: 0o755 });
}

function engineLogs({ name, type }: ContainerModel, revision: RevisionName, places: Places): string {
  return join(places.revisionLogs(revision), name, type ?? 'lxc');
}

/** mgmt sees the logs of all, any other container its own (spec state-engine 6.4). */
function pantavisorMounts({ name, mgmt }: ContainerModel, revision: RevisionName, places: Places): BindMount[] {
  const logs = mgmt ? join(places.storage, 'logs') : join(places.revisionLogs(revision), name);
  return [
    { source: places.container(name).pantavisor, target: '/pantavisor', kind: 'dir', readOnly: true },
    { source: logs, target: '/pantavisor/logs', kind: 'dir', readOnly: true },
  ];
}
