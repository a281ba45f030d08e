/**
 * Limits of control groups. LXC ignores a key of the version that the machine does not have, with exit code 0; a file
 * may carry both versions, and then the other one's lines say nothing here. Rules about devices are written
 * the same way in both versions, so they are translated. Pure.
 */
import type { CgroupLayout } from './cgroup.ts';
import type { ConfigLine, ConfigPolicy } from './config-line.ts';

export function limitProblem(entry: ConfigLine, { layout, controllers }: ConfigPolicy, lines: readonly ConfigLine[]): string | undefined {
  const limit = limitOf(entry);
  if (limit === undefined) return undefined;
  const { version, controller } = limit;
  const here = versionOf(layout);
  // In cgroup v2 `cgroup.procs` would pull any process of the host in, to be killed with the container.
  if (controller === 'cgroup') return 'is about the control group itself, which is for pv-core to decide';
  if (controller === 'devices') return undefined;
  if (version === here) return controllers.has(controller) ? undefined : `this machine has no controller '${controller}' of control groups, so the limit cannot be set`;
  if (lines.some((other) => sameLimit(limitOf(other), here, controller))) return undefined;
  return here === 1
    ? `this machine has cgroup v1, where LXC ignores it without an error; say it with lxc.cgroup.${oldName(controller)}. as well`
    : `this machine has only cgroup v2, where LXC ignores it; say it with lxc.cgroup2.${newName(controller)}. as well`;
}

/** The lines as this machine's LXC needs them. */
export function limitsFor(lines: readonly ConfigLine[], layout: CgroupLayout): readonly ConfigLine[] {
  const here = versionOf(layout);
  const hasDevices = lines.some((line) => sameLimit(limitOf(line), here, 'devices'));
  return lines.flatMap((line) => {
    const limit = limitOf(line);
    if (limit === undefined || limit.version === here) return [line];
    if (limit.controller !== 'devices' || hasDevices) return [];
    return [{ ...line, key: `lxc.cgroup${here === 2 ? '2' : ''}.devices.${limit.setting}` }];
  });
}

interface Limit {
  readonly version: 1 | 2;
  readonly controller: string;
  readonly setting: string;
}

/** Undefined: another key. */
function limitOf({ key }: ConfigLine): Limit | undefined {
  const [, version, controller, setting] = /^lxc\.cgroup(2?)\.([a-z0-9_]+)\.([A-Za-z0-9_.]+)$/.exec(key) ?? [];
  return controller === undefined || setting === undefined ? undefined : { version: version === '2' ? 2 : 1, controller, setting };
}

function sameLimit(limit: Limit | undefined, version: 1 | 2, controller: string): boolean {
  return limit !== undefined && limit.version === version && newName(limit.controller) === newName(controller);
}

function versionOf(layout: CgroupLayout): 1 | 2 {
  return layout === 'CGROUP_UNIFIED' ? 2 : 1;
}

const newName = (controller: string): string => (controller === 'blkio' ? 'io' : controller);
const oldName = (controller: string): string => (controller === 'io' ? 'blkio' : controller);
