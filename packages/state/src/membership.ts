/** Which group a container belongs to, and what it takes over from it (spec state-engine 1.5). */
import type { ContainerModel, GroupModel } from './model.ts';
import type { Findings } from './problem.ts';
import { noRecovery } from './recovery-policy.ts';
import type { RunJson } from './run-json.ts';

/** The containers in group order, then document order. `builtIn`: the revision defines no groups of its own. */
export function belong(runs: readonly RunJson[], groups: readonly GroupModel[], builtIn: boolean, findings: Findings): ContainerModel[] {
  const members = runs.map((run) => ({ run, group: groupOf(run, runs, groups, builtIn, findings) }));
  return groups.flatMap((group) => members.filter((member) => member.group === group).map(({ run }) => inherit(run, group, findings)));
}

const runlevels = ['data', 'root', 'platform', 'app'];

function groupOf(run: RunJson, runs: readonly RunJson[], groups: readonly GroupModel[], builtIn: boolean, findings: Findings): GroupModel | undefined {
  const named = explicitGroup(run, findings);
  if (named !== undefined) {
    const group = groups.find(({ name }) => name === named.name);
    if (group === undefined) findings.problem(run.file, named.path, `could not find group '${named.name}'; there are ${groups.map(({ name }) => name).join(', ')}`);
    return group;
  }
  if (builtIn) {
    const first = runs.find((other) => explicitGroup(other, undefined) === undefined);
    const rootTaken = runs.some((other) => explicitGroup(other, undefined)?.name === 'root');
    return groups.find(({ name }) => name === (run === first && !rootTaken ? 'root' : 'platform'));
  }
  const last = groups.at(-1);
  findings.warn(run.file, '$.group', `platform '${run.name}' does not belong to any group. Setting default '${last?.name ?? ''}'`);
  return last;
}

function explicitGroup(run: RunJson, findings: Findings | undefined): { name: string; path: string } | undefined {
  if (run.group !== undefined) return { name: run.group, path: '$.group' };
  if (run.runlevel === undefined) return undefined;
  if (runlevels.includes(run.runlevel)) return { name: run.runlevel, path: '$.runlevel' };
  findings?.warn(run.file, '$.runlevel', `invalid runlevel value '${run.runlevel}' for platform '${run.name}'`);
  return undefined;
}

function inherit(run: RunJson, group: GroupModel, findings: Findings): ContainerModel {
  const statusGoal = run.statusGoal ?? group.statusGoal;
  if (run.type === null && statusGoal !== 'MOUNTED') {
    findings.problem(run.file, '$.type', `is missing: status goal ${statusGoal} needs a container engine, such as "lxc"`);
  }
  if (run.type !== null && run.config === null && run.module === null && statusGoal !== 'MOUNTED') {
    findings.problem(run.file, '$.config', 'is missing: the file with the configuration of the container engine');
  }
  return {
    name: run.name,
    type: run.type,
    group: group.name,
    statusGoal,
    restartPolicy: run.restartPolicy ?? group.restartPolicy,
    mgmt: run.mgmt,
    config: run.config,
    module: run.module,
    volumes: run.volumes,
    // All or nothing; an explicit policy "no" is the container's own word.
    recovery: run.recovery ?? (run.statusGoal === 'MOUNTED' ? noRecovery : group.recovery),
    hasConfigOverlay: false,
    exports: [],
    requires: run.requires,
    owns: [],
  };
}
