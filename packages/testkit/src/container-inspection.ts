/** What a test of an engine asks about a container of LXC's, as parts of the conformance suite's harness. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { groupSetting, remainsOf } from './container-remains.ts';

interface Inspected {
  readonly name: string;
  readonly logs: { readonly console: string };
}

export const inspection = {
  remains: ({ name }: Inspected): readonly string[] => remainsOf(name),
  consoleOf: ({ logs }: Inspected): string => (existsSync(logs.console) ? readFileSync(logs.console, 'utf8') : ''),
  consoleBytes: ({ logs }: Inspected): number => [logs.console, `${logs.console}.1`].reduce((sum, path) => sum + (statSync(path, { throwIfNoEntry: false })?.size ?? 0), 0),
  limitsOf: ({ name }: Inspected) => {
    const [quota = '', period = groupSetting(name, ['cpu.cfs_period_us'])] = groupSetting(name, ['cpu.cfs_quota_us', 'cpu.max']).split(' ');
    return {
      memory: Number(groupSetting(name, ['memory.limit_in_bytes', 'memory.max'])) / 1024 / 1024,
      pids: Number(groupSetting(name, ['pids.max'])),
      cpu: Number(quota) / Number(period),
    };
  },
  throttled: ({ name }: Inspected): number => Number(/^nr_throttled (\d+)$/m.exec(groupSetting(name, ['cpu.stat']))?.[1] ?? 0),
};
