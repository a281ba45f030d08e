/**
 * What containers offer and need: `services.json` and `run.json.services`, in every form that is in the field
 * (spec xconnect 1.1, 1.2; state-engine 1.3, 1.4). A form that cannot be understood is a problem, never silence.
 */
import { serviceOptions, ServiceType } from '@pv/contract/graph';
import { ContainerName, ContainerPath, Role, ServiceName } from '@pv/contract/names';
import * as z from 'zod/mini';
import type { Json } from './json.ts';
import type { OwnedName, Requirement, ServiceExport, ServiceOptions } from './model.ts';
import { readOwnedName } from './owned-names.ts';
import type { Findings } from './problem.ts';
import { check, warnUnknownKeys } from './schema.ts';

export interface Declared {
  readonly exports: ServiceExport[];
  readonly requires: Requirement[];
  readonly owns: OwnedName[];
}

interface At {
  readonly file: string;
  readonly path: string;
}

/** Of a requirement that names none. */
export const defaultRole = 'client' as Role;

const ExportDocument = z.object({
  name: ServiceName,
  type: ServiceType,
  socket: ContainerPath,
  roles: z.optional(z.array(Role)),
  consumers: z.optional(z.array(ContainerName)),
  ...serviceOptions,
});
const exportKeys = ['name', 'type', 'socket', 'roles', 'consumers', ...Object.keys(serviceOptions)];

const RequirementDocument = z.object({
  name: ServiceName,
  type: z.optional(ServiceType),
  provider: z.optional(ContainerName),
  role: z.optional(Role),
  interface: z.optional(z.string().check(z.minLength(1), z.maxLength(255))),
  target: z.optional(ContainerPath),
  socket: z.optional(ContainerPath),
});
const requirementKeys = ['name', 'type', 'provider', 'role', 'interface', 'target', 'socket'];

/**
 * `services.json`: a bare array or `{"services":[...]}`. An entry with `owns` is a name on the hosted system bus, one
 * that names a `provider` a requirement (required), any other one an export.
 */
export function readServicesFile(file: string, value: Json, findings: Findings): Declared {
  const declared: Declared = { exports: [], requires: [], owns: [] };
  const [list, path] = Array.isArray(value) ? [value as readonly Json[], '$'] : [member(value, 'services'), '$.services'];
  if (!Array.isArray(list)) {
    findings.problem(file, '$', 'must be an array of services, or an object with the array "services"');
    return declared;
  }
  if (list.length === 0) findings.warn(file, path, 'is empty, so it offers nothing and needs nothing');
  for (const [index, entry] of (list as readonly Json[]).entries()) readEntry(entry, { file, path: `${path}[${index}]` }, declared, findings);
  return declared;
}

function readEntry(entry: Json, at: At, declared: Declared, findings: Findings): void {
  if (member(entry, 'owns') !== undefined) {
    const owned = readOwnedName(entry, at, findings);
    if (owned !== undefined) declared.owns.push(owned);
  } else if (member(entry, 'provider') !== undefined) {
    const requirement = readRequirement(entry, at, true, findings);
    if (requirement !== undefined) declared.requires.push(requirement);
  } else {
    const service = check(ExportDocument, entry, at, findings);
    warnUnknownKeys(entry, exportKeys, at, findings);
    if (service !== undefined) declared.exports.push(readExport(service, at, findings));
  }
}

/** Which types an option has a meaning for. */
const optionTypes: Readonly<Record<keyof ServiceOptions, readonly ServiceType[]>> = {
  mode: ['unix'], socket_type: ['unix'], allow: ['rest', 'dbus'], learn: ['dbus'], hide: ['wayland'], trusted: ['wayland'],
};
const ruleKeyTypes: Readonly<Record<string, ServiceType>> = { methods: 'rest', path: 'rest', see: 'dbus', talk: 'dbus', own: 'dbus' };

/** An option that could not take effect is a problem: it is there to keep somebody out. */
function readExport({ name, type, socket, roles, consumers, ...options }: z.infer<typeof ExportDocument>, at: At, findings: Findings): ServiceExport {
  for (const key of Object.keys(options) as (keyof ServiceOptions)[]) {
    if (!optionTypes[key].includes(type)) findings.problem(at.file, `${at.path}.${key}`, `has no meaning for a service of type '${type}', only for: ${optionTypes[key].join(', ')}`);
  }
  for (const [index, rule] of (options.allow ?? []).entries()) {
    for (const key of Object.keys(rule).filter((other) => ruleKeyTypes[other] !== undefined && ruleKeyTypes[other] !== type)) {
      findings.problem(at.file, `${at.path}.allow[${index}].${key}`, `has no meaning for a service of type '${type}'`);
    }
  }
  return { ...withoutUndefined({ name, type, socket, roles, consumers }), options: withoutUndefined(options) };
}

/** `run.json.services`: `{required, optional, manual}`, or an array, which means required. */
export function readRequirements(value: Json, at: At, findings: Findings): Requirement[] {
  if (Array.isArray(value)) return readList(value as readonly Json[], at, true, findings);
  if (typeof value !== 'object' || value === null) {
    findings.problem(at.file, at.path, 'must be an object with "required" and "optional", or an array');
    return [];
  }
  warnUnknownKeys(value, ['required', 'optional', 'manual'], at, findings);
  return (['required', 'optional'] as const).flatMap((key) => {
    const list = member(value, key) ?? [];
    return readList(list, { file: at.file, path: `${at.path}.${key}` }, key === 'required', findings);
  });
}

/** An array of objects or names; also a comma-separated string, as newer pvr versions write. */
export function readList(value: Json, at: At, required: boolean, findings: Findings): Requirement[] {
  const list = typeof value === 'string' ? value.split(',').map((name) => name.trim()).filter((name) => name !== '') : value;
  if (!Array.isArray(list)) {
    findings.problem(at.file, at.path, 'must be an array of services');
    return [];
  }
  return (list as readonly Json[]).flatMap((entry, index) => {
    const one = { file: at.file, path: `${at.path}[${index}]` };
    const requirement = readRequirement(typeof entry === 'string' ? { name: entry } : entry, one, required, findings);
    return requirement === undefined ? [] : [requirement];
  });
}

/** Aliases: `socket` for `target`; an absolute path in `interface` without a target is an old form of `target`. */
function readRequirement(entry: Json, at: At, required: boolean, findings: Findings): Requirement | undefined {
  const document = check(RequirementDocument, entry, at, findings);
  warnUnknownKeys(entry, requirementKeys, at, findings);
  if (document === undefined) return undefined;
  const oldForm = document.target === undefined && document.socket === undefined && document.interface?.startsWith('/') === true;
  const target = oldForm ? check(ContainerPath, document.interface ?? '', { file: at.file, path: `${at.path}.interface` }, findings) : (document.target ?? document.socket);
  if (target === undefined) {
    if (!oldForm) findings.problem(at.file, at.path, `service '${document.name}' needs "target": the absolute path at which it appears in this container`);
    return undefined;
  }
  const { name, type, provider, role } = document;
  return withoutUndefined({ name, type, provider, role: role ?? defaultRole, interface: oldForm ? undefined : document.interface, target, required, at });
}

function member(value: Json, key: string): Json | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.hasOwn(value, key)) return undefined;
  return (value as Readonly<Record<string, Json>>)[key];
}

type Defined<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & { [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined> };

function withoutUndefined<T extends object>(value: T): Defined<T> {
  return Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined)) as Defined<T>;
}
