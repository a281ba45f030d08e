/** A revision after it was checked: what pv-core runs. Nothing here is text that still needs checking. */
import type { RecoveryPolicyName, RestartPolicy, StatusGoal } from '@pv/contract/containers';
import type { Link, ServiceType } from '@pv/contract/graph';
import type { BusName, ContainerName, ContainerPath, GroupName, ObjectId, RevisionName, Role, ServiceName } from '@pv/contract/names';

export interface RecoveryPolicy {
  readonly policy: RecoveryPolicyName;
  /** 0: without limit. */
  readonly maxRetries: number;
  /** Seconds before the first retry. */
  readonly retryDelay: number;
  /** 1 or less: a constant delay. */
  readonly backoffFactor: number;
  /** Seconds of running after which retries count from 0 again; 0: never. */
  readonly resetWindow: number;
  /** Seconds of running until the container counts as stable; 0: not tracked. */
  readonly stableTimeout: number;
  /** What happens when the retries are used up; a number is a pause in seconds. */
  readonly backoffPolicy: 'reboot' | 'never' | number;
  /** Cap on one delay, in seconds. */
  readonly maxDelay: number;
}

export interface Volume {
  readonly name: string;
  /** `image`: a read-only file of the trail, of file system `fsType`. The others are writable directories. */
  readonly kind: 'image' | 'permanent' | 'revision' | 'boot';
  readonly fsType?: string;
}

export interface ServiceExport {
  readonly name: ServiceName;
  readonly type: ServiceType;
  readonly socket: ContainerPath;
  /** Roles that are let in; undefined or containing `any`: every role. */
  readonly roles?: readonly Role[];
  /** Containers that are let in; undefined: every container. */
  readonly consumers?: readonly ContainerName[];
  readonly options: ServiceOptions;
}

/** Passed on to pv-xconnect as they are. */
export type ServiceOptions = Pick<Link, 'mode' | 'socket_type' | 'allow' | 'learn' | 'hide' | 'trusted'>;

export interface Requirement {
  readonly name: ServiceName;
  readonly type?: ServiceType;
  readonly provider?: ContainerName;
  readonly role: Role;
  /** Protocol identifier, such as a D-Bus name. */
  readonly interface?: string;
  readonly target: ContainerPath;
  readonly required: boolean;
  /** Where it was declared, for messages. */
  readonly at: { readonly file: string; readonly path: string };
}

/** A name on the hosted system bus. */
export interface OwnedName {
  readonly name: BusName;
  /** Who owns it. */
  readonly role: Role;
  /** Who may call it; `any`: every role. */
  readonly allow: readonly Role[];
  /** Where it was declared, for messages. */
  readonly at: { readonly file: string; readonly path: string };
}

export interface ContainerModel {
  readonly name: ContainerName;
  /** Engine; null for a container that is only data. */
  readonly type: string | null;
  readonly group: GroupName;
  readonly statusGoal: StatusGoal;
  readonly restartPolicy: RestartPolicy;
  /** May it use every endpoint of the control API? */
  readonly mgmt: boolean;
  /** The engine's configuration file, in the container's folder of the trail. */
  readonly config: string | null;
  /** The WebAssembly module there, of a container that has one in place of a root file system. */
  readonly module: string | null;
  /** In mount order; the first image is the root file system. */
  readonly volumes: readonly Volume[];
  readonly recovery: RecoveryPolicy;
  /** Files placed over the root file system: `_config/<name>/` has entries. */
  readonly hasConfigOverlay: boolean;
  readonly exports: readonly ServiceExport[];
  readonly requires: readonly Requirement[];
  readonly owns: readonly OwnedName[];
}

export interface GroupModel {
  readonly name: GroupName;
  readonly statusGoal: StatusGoal;
  readonly restartPolicy: RestartPolicy;
  /** Seconds until members must have reached their goals. */
  readonly timeout: number;
  readonly recovery: RecoveryPolicy;
}

export interface Revision {
  readonly name: RevisionName;
  /** In start order. */
  readonly groups: readonly GroupModel[];
  /** In group order, then state order. */
  readonly containers: readonly ContainerModel[];
  /** Every object that the state names, with the key that names it. */
  readonly objects: readonly { readonly key: string; readonly id: ObjectId }[];
}
