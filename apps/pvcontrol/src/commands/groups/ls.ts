import type { Group } from '@pv/contract/containers';
import { statusCell } from '../../format/status.ts';
import type { Table } from '../../format/table.ts';
import { verb } from '../../verb.ts';

export const groupsLs = verb({
  nouns: ['groups', 'group'], verbs: ['ls', 'list'], operands: [], summary: 'List the groups, in start order', example: 'pvcontrol groups ls',
  row: 'listGroups', arguments: () => [], show: table,
});

function table(groups: readonly Group[]): Table {
  const rows = groups.map(({ name, status, status_goal: goal, restart_policy: policy, auto_recovery: recovery }) => [
    name, statusCell(status, 'READY'), goal, policy, recovery === undefined ? '-' : `${recovery.max_retries} retries, then ${recovery.backoff_policy}`,
  ]);
  return { head: ['NAME', 'STATUS', 'GOAL', 'RESTART', 'RECOVERY'], rows };
}
