/**
 * Names are checked once, at the edge: what carries one of these types is safe to put into a path, a
 * command line, XML or a header. Grammars: spec state-engine 1.1 and xconnect 1.3.
 */
import * as z from 'zod/mini';
import { containerNameGrammar } from './grammar.ts';

const named = (what: string, grammar: RegExp) =>
  z.string().check(z.regex(grammar, { error: `is not a ${what}: it must match ${grammar.source}` }));

export const ContainerName = named('container name', containerNameGrammar).brand<'ContainerName'>();
export type ContainerName = z.infer<typeof ContainerName>;

export const GroupName = named('group name', /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/).brand<'GroupName'>();
export type GroupName = z.infer<typeof GroupName>;

export const DaemonName = named('daemon name', /^[a-z0-9][a-z0-9-]{0,62}$/).brand<'DaemonName'>();
export type DaemonName = z.infer<typeof DaemonName>;

export const ServiceName = named('service name', /^[A-Za-z0-9._-]{1,63}$/).brand<'ServiceName'>();
export type ServiceName = z.infer<typeof ServiceName>;

/** A role that a consumer presents to a provider. `any` in a provider's list means every role. */
export const Role = named('role', /^[a-z0-9._-]{1,64}$/).brand<'Role'>();
export type Role = z.infer<typeof Role>;

/** `0`, `5`, `locals/name`. */
export const RevisionName = named('revision name', /^(?:[0-9]{1,18}|locals\/[A-Za-z0-9][A-Za-z0-9._-]{0,63})$/).brand<'RevisionName'>();
export type RevisionName = z.infer<typeof RevisionName>;

/** SHA-256 of an object, in lower-case hexadecimal. */
export const ObjectId = named('SHA-256', /^[0-9a-f]{64}$/).brand<'ObjectId'>();
export type ObjectId = z.infer<typeof ObjectId>;

const busNameElements = '[A-Za-z_-][A-Za-z0-9_-]*(?:\\.[A-Za-z_-][A-Za-z0-9_-]*)+';
const bus = (what: string, grammar: string) => z.string().check(z.maxLength(255), z.regex(new RegExp(grammar), { error: `is not a ${what}` }));

/** A well-known name, as the D-Bus specification has it. */
export const BusName = bus('well-known D-Bus name', `^${busNameElements}$`).brand<'BusName'>();
export type BusName = z.infer<typeof BusName>;

/** A well-known name, or `name.*` for the name and everything below it. */
export const BusNamePattern = bus("well-known D-Bus name, with or without a final '.*'", `^${busNameElements}(?:\\.\\*)?$`).brand<'BusNamePattern'>();
export type BusNamePattern = z.infer<typeof BusNamePattern>;

const maxContainerPath = 4095;

/** An absolute, normalised path inside a container: no `.`, `..`, empty part, NUL or other control character. */
export const ContainerPath = z
  .string()
  .check(
    z.maxLength(maxContainerPath),
    z.refine((path) => isNormalAbsolute(path), { error: "is not an absolute, normalised path (no '.', '..', '//', trailing '/' or control characters)" }),
  )
  .brand<'ContainerPath'>();
export type ContainerPath = z.infer<typeof ContainerPath>;

function isNormalAbsolute(path: string): boolean {
  if (!path.startsWith('/') || path === '/') return false;
  if (/[\u0000-\u001f\u007f]/.test(path)) return false;
  return path
    .slice(1)
    .split('/')
    .every((part) => part !== '' && part !== '.' && part !== '..' && part.length <= 255);
}
