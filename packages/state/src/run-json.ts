/** `<container>/run.json`: spec state-engine 1.2. Strict types; unknown keys are warnings. */
import { RestartPolicy, StatusGoal } from '@pv/contract/containers';
import { ContainerName, GroupName } from '@pv/contract/names';
import * as z from 'zod/mini';
import type { Json } from './json.ts';
import type { RecoveryPolicy, Requirement, Volume } from './model.ts';
import type { Findings } from './problem.ts';
import { RecoveryDocument, recoveryKeys, toRecoveryPolicy } from './recovery-policy.ts';
import { check, warnUnknownKeys } from './schema.ts';
import { readList, readRequirements } from './services.ts';
import { unusedKeys, warnUnusedKeys } from './unused-keys.ts';

const fileName = z.string().check(z.regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/, { error: 'must be a plain file name' }));

const RunDocument = z.object({
  name: ContainerName,
  type: z.optional(z.string()),
  runlevel: z.optional(z.string()),
  group: z.optional(GroupName),
  restart_policy: z.optional(RestartPolicy),
  status_goal: z.optional(StatusGoal),
  roles: z.optional(z.array(z.string())),
  auto_recovery: z.optional(RecoveryDocument),
  PV_AUTO_RECOVERY: z.optional(RecoveryDocument),
  config: z.optional(fileName),
  'root-volume': z.optional(fileName),
  volumes: z._default(z.array(fileName), []),
  storage: z._default(z.record(fileName, z.object({ persistence: z.optional(z.string()), disk: z.optional(z.string()) })), {}),
});

/** Without effect, or read below in their raw form. */
const otherKeys = ['#spec', 'services', 'PV_SERVICES_REQUIRED', 'PV_SERVICES_OPTIONAL', 'PV_SERVICES_MANUAL', 'automodfw', 'share', 'conditions', ...unusedKeys];
const runKeys = [
  'name', 'type', 'runlevel', 'group', 'restart_policy', 'status_goal', 'roles', 'auto_recovery', 'PV_AUTO_RECOVERY', 'config', 'root-volume',
  'volumes', 'storage', ...otherKeys,
];

/** A container as its own run.json has it; what it leaves open is undefined, to be filled from its group. */
export interface RunJson {
  readonly name: ContainerName;
  readonly file: string;
  readonly type: string | null;
  readonly group: GroupName | undefined;
  readonly runlevel: string | undefined;
  readonly restartPolicy: RestartPolicy | undefined;
  readonly statusGoal: StatusGoal | undefined;
  readonly mgmt: boolean;
  readonly recovery: RecoveryPolicy | undefined;
  readonly config: string | null;
  readonly module: string | null;
  readonly volumes: readonly Volume[];
  readonly requires: readonly Requirement[];
}

export function readRunJson(file: string, value: Json, findings: Findings): RunJson | undefined {
  const at = { file, path: '$' };
  const document = check(RunDocument, value, at, findings);
  warnUnknownKeys(value, runKeys, at, findings);
  warnUnusedKeys(value, file, findings);
  const requires = readServices(value, file, findings);
  if (document === undefined) return undefined;
  if (document.name !== file.split('/')[0]) findings.problem(file, '$.name', `must be the name of its folder, '${file.split('/')[0]}'`);
  const module = readModule(document);
  return {
    name: document.name,
    file,
    type: module === null ? (document.type ?? null) : webAssembly,
    group: document.group,
    runlevel: document.runlevel,
    restartPolicy: document.restart_policy,
    statusGoal: document.status_goal,
    mgmt: readRoles(document.roles, file, findings),
    recovery: readRecovery(document, value, file, findings),
    config: document.config === module ? null : (document.config ?? null),
    module,
    volumes: readVolumes(document, file, findings),
    requires,
  };
}

/** The engine's name, and its shorter one. */
const webAssembly = 'wasmedge';
const webAssemblyTypes = [webAssembly, 'wasm'];

/** Where states name it: as the root volume, or in place of a configuration (spec state-engine 10.1). Null: another type. */
function readModule({ type = '', config, 'root-volume': root }: z.infer<typeof RunDocument>): string | null {
  if (!webAssemblyTypes.includes(type)) return null;
  return root ?? (config?.endsWith('.wasm') === true ? config : 'app.wasm');
}

/** No `roles` at all means mgmt, as upstream's states in the field rely on it. */
function readRoles(roles: readonly string[] | undefined, file: string, findings: Findings): boolean {
  if (roles === undefined) return true;
  for (const [index, role] of roles.entries()) {
    if (role !== 'mgmt' && role !== 'nobody') findings.warn(file, `$.roles[${index}]`, `invalid role value '${role}'`);
  }
  return roles.includes('mgmt');
}

function readRecovery(document: z.infer<typeof RunDocument>, value: Json, file: string, findings: Findings): RecoveryPolicy | undefined {
  const raw = value as Readonly<Record<string, Json>>;
  for (const key of ['auto_recovery', 'PV_AUTO_RECOVERY'] as const) warnUnknownKeys(raw[key] ?? null, recoveryKeys, { file, path: `$.${key}` }, findings);
  if (document.auto_recovery !== undefined && document.PV_AUTO_RECOVERY !== undefined) {
    findings.problem(file, '$.PV_AUTO_RECOVERY', 'is given beside "auto_recovery": keep one of the two');
  }
  const recovery = document.auto_recovery ?? document.PV_AUTO_RECOVERY;
  return recovery === undefined ? undefined : toRecoveryPolicy(recovery);
}

function readVolumes(document: z.infer<typeof RunDocument>, file: string, findings: Findings): Volume[] {
  const root = readModule(document) === null ? document['root-volume'] : undefined;
  const images = [
    ...(root === undefined ? [] : [image(root, { file, path: '$["root-volume"]' }, findings)]),
    ...document.volumes.map((name, index) => image(name, { file, path: `$.volumes[${index}]` }, findings)),
  ];
  const writable = Object.entries(document.storage).map(([name, { persistence, disk }]): Volume => {
    const path = `$.storage.${name}`;
    if (disk !== undefined) findings.warn(file, `${path}.disk`, 'disks are not in this version; the volume lives on the storage partition');
    if (persistence === 'permanent' || persistence === 'revision' || persistence === 'boot') return { name, kind: persistence };
    findings.warn(file, `${path}.persistence`, `'${persistence ?? ''}' is not one of permanent, revision, boot; using boot`);
    return { name, kind: 'boot' };
  });
  return [...images, ...writable];
}

function image(name: string, at: { file: string; path: string }, findings: Findings): Volume {
  const fsType = name.includes('.') ? name.slice(name.lastIndexOf('.') + 1) : '';
  if (!['squashfs', 'ext4', 'erofs'].includes(fsType)) {
    findings.problem(at.file, at.path, `'${name}' must end in .squashfs, .erofs or .ext4, which names its file system`);
  }
  return { name, kind: 'image', fsType };
}

function readServices(value: Json, file: string, findings: Findings): Requirement[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
  const raw = value as Readonly<Record<string, Json>>;
  const lists = [['PV_SERVICES_REQUIRED', true], ['PV_SERVICES_OPTIONAL', false]] as const;
  return [
    ...(raw['services'] === undefined ? [] : readRequirements(raw['services'], { file, path: '$.services' }, findings)),
    ...lists.flatMap(([key, required]) => (raw[key] === undefined ? [] : readList(raw[key], { file, path: `$.${key}` }, required, findings))),
  ];
}
