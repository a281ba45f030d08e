import type { Container } from '@pv/contract/containers';
import { statusCell } from '../../format/status.ts';
import type { Cell, Table } from '../../format/table.ts';
import { verb } from '../../verb.ts';

const shared = { operands: [], example: 'pvcontrol ls', row: 'listContainers' as const, arguments: (): [] => [], show: containersTable };

export const containersLs = verb({ ...shared, nouns: ['containers', 'container'], verbs: ['ls', 'list'], summary: 'List the containers' });
/** The short form. */
export const ls = verb({ ...shared, nouns: [], verbs: ['ls', 'list'], summary: 'List the containers' });

function containersTable(containers: readonly Container[]): Table | string {
  if (containers.length === 0) return 'No containers in this revision.\n';
  return { head: ['NAME', 'GROUP', 'ENGINE', 'STATUS', 'GOAL', 'PID', 'RESTART', 'RECOVERY', 'LAST EXIT'], rows: containers.map(row) };
}

function row(container: Container): Cell[] {
  const { name, group, type, status, status_goal: goal, pid, restart_policy: policy } = container;
  return [name, group ?? '-', type ?? '-', statusCell(status, goal), goal, pid > 0 ? String(pid) : '-', policy, recovery(container), lastExit(container)];
}

function recovery({ auto_recovery: recovery, user_stopped: stopped }: Container): string {
  const word = stopped === 'true' ? ' (stopped by user)' : '';
  if (recovery === undefined) return `-${word}`;
  return `${recovery.policy} ${recovery.current_retries}/${recovery.max_retries === 0 ? 'any' : recovery.max_retries}${word}`;
}

function lastExit({ last_exit: exit }: Container): string {
  if (exit === undefined) return '-';
  return { exit: `code ${exit.code ?? 0}`, signal: `signal ${exit.signal ?? 0}`, oom: 'out of memory', unknown: exit.reason ?? 'unknown' }[exit.kind];
}
