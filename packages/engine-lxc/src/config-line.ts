/** What the parser of `lxc.container.conf` and the rules about it share. */
import type { CgroupLayout } from './cgroup.ts';

export interface ConfigPolicy {
  readonly allowHostNetwork: boolean;
  readonly layout: CgroupLayout;
  /** What can be limited here: memory, pids, ... */
  readonly controllers: ReadonlySet<string>;
}

export interface ConfigLine {
  readonly key: string;
  /** Without the pair of quotes around it that LXC would take off. */
  readonly value: string;
  readonly line: number;
}

export interface ConfigFile {
  readonly path: string;
  readonly text: string;
}
