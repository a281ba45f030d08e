/**
 * What pv-core asks of a container engine. An engine starts containers that outlive the caller: each has a
 * small monitor process of its own, which records the exact end in a file. A caller that was away adopts
 * what runs, and learns how what no longer runs has ended.
 *
 * An engine does not mount volumes, does not decide about restarts, and holds no state that is not on disk.
 */
import type { ContainerName, GroupName } from '@pv/contract/names';

/** How init ended. `oom`: killed for want of memory. */
export type ContainerEnd =
  | { readonly kind: 'exit'; readonly code: number }
  | { readonly kind: 'signal'; readonly signal: number }
  | { readonly kind: 'oom'; readonly signal: number }
  /** The monitor itself was killed, or its record could not be written. */
  | { readonly kind: 'unknown'; readonly reason: string };

/** A process that cannot be mistaken for a later one with the same pid. */
export interface ProcessId {
  readonly pid: number;
  /** Field 22 of /proc/<pid>/stat: clock ticks since boot. */
  readonly startTime: number;
}

export interface BindMount {
  /** On the host. */
  readonly source: string;
  /** In the container, absolute. */
  readonly target: string;
  readonly kind: 'dir' | 'file';
  readonly readOnly: boolean;
}

/** What a revision says about a container to its engine alone. */
export interface Declaration {
  /** Engine-specific configuration (for lxc: lxc.container.conf), and its place for messages. Without such a file: empty, at run.json. */
  readonly config: { readonly path: string; readonly text: string };
  /** Of a container whose program is one file, without a root file system. */
  readonly program?: Program;
}

export interface Program {
  /** The container's folder in the trail, absolute. */
  readonly folder: string;
  /** The file's name in it. */
  readonly file: string;
  /** Names of the container's volumes. */
  readonly volumes: readonly string[];
}

export interface StartSpec extends Declaration {
  readonly name: ContainerName;
  readonly group: GroupName | null;
  /** What init is, instead of what the configuration says. */
  readonly command?: readonly string[];
  /** Read-only layers, uppermost first, and a writable directory whose `upper` and `work` the engine makes. */
  readonly rootfs: { readonly lower: readonly string[]; readonly writable: string };
  /** What `/volumes/` in the configuration stands for. */
  readonly volumesDir: string;
  readonly mounts: readonly BindMount[];
  readonly environment: Readonly<Record<string, string>>;
  /** Absolute paths; the directories exist. */
  readonly logs: { readonly console: string; readonly engine: string };
  /** The engine's own records of this container; exists, root-owned, on tmpfs. */
  readonly stateDir: string;
}

export interface RunningContainer {
  readonly name: ContainerName;
  readonly init: ProcessId;
  /** Resolves once, as soon as the monitor has recorded the end and gone; never rejects. Nothing of the container is left then. */
  readonly ended: Promise<ContainerEnd>;
  /** Sends the container's own halt signal (its configuration's, by default SIGPWR) to init. */
  halt(): void;
  /** Kills everything in the container. The end arrives through `ended`. */
  kill(): Promise<void>;
  /** Stops watching; the container goes on. */
  release(): void;
}

/** A start that did not come to a running init. An expected outcome: the caller decides about a retry. */
export interface StartFailure {
  readonly kind: 'failed';
  /** One line for the log and the user; the engine's own words, with the file to read. */
  readonly reason: string;
}

export type StartResult = { readonly kind: 'running'; readonly container: RunningContainer } | StartFailure;

export type AdoptResult =
  | { readonly kind: 'running'; readonly container: RunningContainer }
  | { readonly kind: 'ended'; readonly end: ContainerEnd }
  /** This engine has no record of it. */
  | { readonly kind: 'none' };

export interface AdoptSpec {
  readonly name: ContainerName;
  readonly stateDir: string;
}

export interface Engine {
  /** `type` in run.json. */
  readonly type: string;
  /** Is the engine itself usable here? Undefined, or a sentence that names what to install or mount. */
  unusable(): Promise<string | undefined>;
  /** Problems of what a revision says, found before anything is stopped or started; each names the file and the place in it. */
  check(declaration: Declaration): readonly string[];
  start(spec: StartSpec): Promise<StartResult>;
  adopt(spec: AdoptSpec): Promise<AdoptResult>;
  /** Removes what is left of a container that does not run: cgroups, configuration. The record of its end stays until the next start. */
  sweep(spec: AdoptSpec): Promise<void>;
  /** Removes what the engine made for its containers together. For when none of ours runs; what is in use stays. */
  tidy(): void;
}
