/** What the API shows of containers and groups; key order is the contract's. */
import type { Container, Group } from '@pv/contract/containers';
import type { GroupModel } from '@pv/state/model';
import { backoffPolicyText } from '@pv/state/recovery-policy';
import type { ContainerLife } from '../lifecycle/container-life.ts';
import type { StatusReport } from '../lifecycle/status-report.ts';
import type { MeasuredContainer } from './metrics.ts';

export function containerView(life: ContainerLife): Container {
  const { model, status, userStopped, lastExit, pid } = life;
  const recovery = life.recovery.describe();
  return {
    name: model.name,
    group: model.group,
    status,
    status_goal: model.statusGoal,
    restart_policy: model.restartPolicy,
    roles: model.mgmt ? ['mgmt'] : [],
    ...(recovery === undefined ? {} : { auto_recovery: recovery }),
    ...(model.restartPolicy === 'container' ? { user_stopped: userStopped ? 'true' : 'false' } : {}),
    type: model.type,
    pid,
    ...(lastExit === undefined ? {} : { last_exit: lastExit }),
  };
}

export function measuredView({ model, status, pid, starts, recovery }: ContainerLife): MeasuredContainer {
  return { name: model.name, group: model.group, status, pid, starts, retries: recovery.describe()?.current_retries };
}

export function groupView({ name, statusGoal, restartPolicy, recovery }: GroupModel, report: StatusReport): Group {
  const { policy, maxRetries, stableTimeout, backoffPolicy } = recovery;
  const shown = { max_retries: maxRetries, stable_timeout: stableTimeout, backoff_policy: backoffPolicyText(backoffPolicy) };
  return { name, status_goal: statusGoal, restart_policy: restartPolicy, status: report.groupStatus(name), ...(policy === 'no' ? {} : { auto_recovery: shown }) };
}
