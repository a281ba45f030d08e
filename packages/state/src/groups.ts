/** Groups: `device.json` or `groups.json`, else the built-in ones (spec state-engine 1.5). */
import { RestartPolicy, StatusGoal } from '@pv/contract/containers';
import { GroupName } from '@pv/contract/names';
import * as z from 'zod/mini';
import type { Json } from './json.ts';
import type { GroupModel } from './model.ts';
import type { Findings } from './problem.ts';
import { noRecovery, RecoveryDocument, recoveryKeys, toRecoveryPolicy } from './recovery-policy.ts';
import { check, warnUnknownKeys } from './schema.ts';

const GroupDocument = z.object({
  name: GroupName,
  description: z.optional(z.string()),
  status_goal: z._default(StatusGoal, 'STARTED'),
  restart_policy: z._default(RestartPolicy, 'container'),
  timeout: z.optional(z.int().check(z.minimum(0), z.maximum(86_400))),
  auto_recovery: z.optional(RecoveryDocument),
});

const groupKeys = ['name', 'description', 'status_goal', 'restart_policy', 'timeout', 'auto_recovery'];

export interface GroupSource {
  readonly file: string;
  readonly path: string;
  readonly value: Json;
}

/** Undefined source: the built-in groups. `defaultTimeout` in seconds. */
export function readGroups(source: GroupSource | undefined, defaultTimeout: number, findings: Findings): readonly GroupModel[] {
  if (source === undefined) return builtInGroups();
  const documents = check(z.array(GroupDocument).check(z.minLength(1, { error: 'must have at least one group' })), source.value, source, findings) ?? [];
  warnUnknown(source, findings);
  const seen = new Set<string>();
  for (const [index, { name }] of documents.entries()) {
    if (seen.has(name)) findings.problem(source.file, `${source.path}[${index}].name`, `group '${name}' is defined twice`);
    seen.add(name);
  }
  return documents.map((document) => ({
    name: document.name,
    statusGoal: document.status_goal,
    restartPolicy: document.restart_policy,
    timeout: document.timeout ?? defaultTimeout,
    recovery: document.auto_recovery === undefined ? noRecovery : toRecoveryPolicy(document.auto_recovery),
  }));
}

function warnUnknown({ file, path, value }: GroupSource, findings: Findings): void {
  if (!Array.isArray(value)) return;
  for (const [index, group] of (value as readonly Json[]).entries()) {
    const at = { file, path: `${path}[${index}]` };
    warnUnknownKeys(group, groupKeys, at, findings);
    if (typeof group === 'object' && group !== null && 'auto_recovery' in group) {
      warnUnknownKeys(group['auto_recovery'] ?? null, recoveryKeys, { file, path: `${at.path}.auto_recovery` }, findings);
    }
  }
}

function builtInGroups(): readonly GroupModel[] {
  const group = (name: string, statusGoal: StatusGoal, restartPolicy: RestartPolicy, recovery = noRecovery): GroupModel => ({
    name: name as GroupName, statusGoal, restartPolicy, timeout: 30, recovery,
  });
  const appRecovery = { ...noRecovery, policy: 'on-failure' as const, maxRetries: 5, retryDelay: 5, backoffFactor: 2, stableTimeout: 30 };
  return [
    group('data', 'MOUNTED', 'system'),
    group('root', 'STARTED', 'system'),
    group('platform', 'STARTED', 'system'),
    group('app', 'STARTED', 'container', appRecovery),
  ];
}
