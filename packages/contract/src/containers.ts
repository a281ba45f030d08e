/** `/containers` and `/groups`: shapes of spec control-api 2.1 to 2.3. Key order is that of the spec; golden tests compare it. */
import * as z from 'zod/mini';
import { ContainerName, GroupName } from './names.ts';

/** In numeric order (spec state-engine 2.1). */
export const containerStatuses = [
  'NONE', 'INSTALLED', 'MOUNTED', 'BLOCKED', 'STARTING', 'STARTED', 'READY', 'RECOVERING', 'STOPPING', 'STOPPED',
] as const;
export const ContainerStatus = z.enum(containerStatuses);
export type ContainerStatus = z.infer<typeof ContainerStatus>;

export const StatusGoal = z.enum(['MOUNTED', 'STARTED', 'READY']);
export type StatusGoal = z.infer<typeof StatusGoal>;

export const RestartPolicy = z.enum(['system', 'container']);
export type RestartPolicy = z.infer<typeof RestartPolicy>;

export const RecoveryPolicyName = z.enum(['no', 'always', 'on-failure', 'unless-stopped']);
export type RecoveryPolicyName = z.infer<typeof RecoveryPolicyName>;

/** Upstream writes these two booleans as strings; clients depend on it. */
const BooleanWord = z.enum(['true', 'false']);

export const ContainerRecovery = z.object({
  policy: RecoveryPolicyName,
  /** 0 means without limit. */
  max_retries: z.number(),
  current_retries: z.number(),
  /** Seconds. */
  stable_timeout: z.number(),
  is_stable: BooleanWord,
  /** `reboot`, `never`, or a duration as `<n>h`, `<n>min`, `<n>s`. */
  backoff_policy: z.string(),
});
export type ContainerRecovery = z.infer<typeof ContainerRecovery>;

/** How a container's init ended last: ours, additive. */
export const LastExit = z.object({
  kind: z.enum(['exit', 'signal', 'oom', 'unknown']),
  /** Exit status, for `exit`. */
  code: z.optional(z.number()),
  /** Signal number, for `signal` and `oom`. */
  signal: z.optional(z.number()),
  /** Why it is not known, for `unknown`. */
  reason: z.optional(z.string()),
});
export type LastExit = z.infer<typeof LastExit>;

export const Container = z.object({
  name: ContainerName,
  group: z.nullable(GroupName),
  status: ContainerStatus,
  status_goal: StatusGoal,
  restart_policy: RestartPolicy,
  roles: z.array(z.string()),
  auto_recovery: z.optional(ContainerRecovery),
  /** Only when the restart policy is `container`. */
  user_stopped: z.optional(BooleanWord),
  // Ours, additive, after upstream's keys.
  /** Engine: `lxc`, or null for a container that is only data. */
  type: z.nullable(z.string()),
  /** Init's pid; 0 while it does not run. */
  pid: z.number(),
  last_exit: z.optional(LastExit),
});
export type Container = z.infer<typeof Container>;

export const ContainerAction = z.enum(['start', 'stop', 'restart']);
export type ContainerAction = z.infer<typeof ContainerAction>;

export const GroupRecovery = z.object({
  max_retries: z.number(),
  stable_timeout: z.number(),
  backoff_policy: z.string(),
});

export const Group = z.object({
  name: GroupName,
  status_goal: StatusGoal,
  restart_policy: RestartPolicy,
  status: ContainerStatus,
  auto_recovery: z.optional(GroupRecovery),
});
export type Group = z.infer<typeof Group>;
