/** Status goals of containers, groups and the revision (spec state-engine 2.4, 2.5, with the IMPROVEs). Pure. */
import { type ContainerStatus, containerStatuses, type StatusGoal } from '@pv/contract/containers';
import type { GroupName } from '@pv/contract/names';

export interface Member {
  readonly status: ContainerStatus;
  readonly goal: StatusGoal;
  readonly group: GroupName;
  /** The user stopped it, or it completed its work: it neither fulfils nor hinders anything. */
  readonly excused: boolean;
  /** Its goal timer has run out. */
  readonly timedOut: boolean;
}

export type GoalResult = 'achieved' | 'unachieved' | 'timed-out';

/** A crashed or recovering container has not achieved its goal, whatever its number in upstream's order. */
export function goalResult({ status, goal, excused, timedOut }: Member): GoalResult {
  const reached: Record<StatusGoal, readonly ContainerStatus[]> = {
    MOUNTED: ['MOUNTED', 'STARTING', 'STARTED', 'READY'],
    STARTED: ['STARTED', 'READY'],
    READY: ['READY'],
  };
  if (excused || reached[goal].includes(status)) return 'achieved';
  return timedOut ? 'timed-out' : 'unachieved';
}

/** May a container of `group` start? Every group before it has its goals achieved or timed out. */
export function mayStart(group: GroupName, order: readonly GroupName[], members: readonly Member[]): boolean {
  const before = order.slice(0, order.indexOf(group));
  return members.every((member) => !before.includes(member.group) || goalResult(member) !== 'unachieved');
}

/** READY when every member achieved its goal, else the worst status of those that did not. */
export function groupStatus(members: readonly Member[]): ContainerStatus {
  return worst(members.filter((member) => goalResult(member) !== 'achieved').map(({ status }) => status));
}

const fromWorst: readonly ContainerStatus[] = ['STOPPED', 'RECOVERING', 'STOPPING', ...containerStatuses.slice(0, 7)];

export function worst(statuses: readonly ContainerStatus[]): ContainerStatus {
  return fromWorst.find((status) => statuses.includes(status)) ?? 'READY';
}
