import type { Daemon } from '@pv/contract/daemons';
import type { Cell, Table } from '../../format/table.ts';
import { verb } from '../../verb.ts';

export const daemonsLs = verb({
  nouns: ['daemons', 'daemon'], verbs: ['ls', 'list'], operands: [], summary: 'List the daemons that pv-core keeps', example: 'pvcontrol daemons ls',
  row: 'listDaemons', arguments: () => [], show: table,
});

function table(daemons: readonly Daemon[]): Table {
  return { head: ['NAME', 'STATE', 'PID', 'RESPAWN'], rows: daemons.map(({ name, pid, respawn }) => [name, state(pid), pid > 0 ? String(pid) : '-', respawn ? 'yes' : 'no']) };
}

function state(pid: number): Cell {
  if (pid > 0) return { text: 'running', tone: 'good' };
  return pid === 0 ? { text: 'not running', tone: 'dim' } : { text: 'stopped', tone: 'busy' };
}
