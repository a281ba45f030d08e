/**
 * `owns` entries of `services.json`: a well-known name that a container owns on the hosted system bus (spec xconnect 1.1).
 * `name` and `socket` have no meaning in them.
 */
import { BusName, Role } from '@pv/contract/names';
import * as z from 'zod/mini';
import type { Json } from './json.ts';
import type { OwnedName } from './model.ts';
import type { Findings } from './problem.ts';
import { check, warnUnknownKeys } from './schema.ts';

/** The only bus that the host has: the service of this name is what containers require to reach it. */
export const systemBus = 'system-bus';

const OwnedNameDocument = z.object({
  type: z.literal('dbus'),
  bus: z.optional(z.literal(systemBus)),
  owns: BusName,
  role: z.optional(Role),
  allow: z.optional(z.array(Role)),
  activation: z.optional(z.object({ mode: z.optional(z.enum(['always', 'on-demand'])) })),
});
const keys = ['type', 'bus', 'owns', 'role', 'allow', 'activation', 'name', 'socket'];

/** Undefined after at least one problem was reported. */
export function readOwnedName(entry: Json, at: OwnedName['at'], findings: Findings): OwnedName | undefined {
  const document = check(OwnedNameDocument, entry, at, findings);
  warnUnknownKeys(entry, keys, at, findings);
  if (document === undefined) return undefined;
  const { owns, allow, activation } = document;
  if (activation?.mode === 'on-demand') {
    findings.warn(at.file, `${at.path}.activation.mode`, `'on-demand' is not offered: no call starts this container; it is started as its status goal says`);
  }
  if (owns === 'org.freedesktop.DBus') {
    findings.problem(at.file, `${at.path}.owns`, 'is the name of the bus itself');
    return undefined;
  }
  const role = document.role ?? roleOf(owns, at, findings);
  if (role === undefined) return undefined;
  if (role === 'any') {
    findings.problem(at.file, `${at.path}.role`, "'any' stands for every role, so it cannot own a name");
    return undefined;
  }
  return { name: owns, role, allow: [...new Set(allow ?? [])], at };
}

/** The owned name is the role when none is given; not every name can be one. */
function roleOf(name: BusName, { file, path }: OwnedName['at'], findings: Findings): Role | undefined {
  const role = Role.safeParse(name);
  if (role.success) return role.data;
  findings.problem(file, path, `the name '${name}' cannot be the owner's role (lower case, at most 64 characters): give one with "role"`);
  return undefined;
}
