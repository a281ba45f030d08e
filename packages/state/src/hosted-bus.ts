/**
 * The system bus that the host runs for containers, as a revision uses it (spec xconnect 5.1). Pure.
 *
 * A role is an identity on the bus: one user id. A requirement without a role and one with `"role":"any"` are the same
 * thing there: the default role, `client`.
 */
import { hostName } from '@pv/contract/grammar';
import type { Link } from '@pv/contract/graph';
import type { ContainerPath, Role } from '@pv/contract/names';
import type { ContainerModel, Requirement } from './model.ts';
import { systemBus } from './owned-names.ts';
import { defaultRole } from './services.ts';

export interface HostedBus {
  /** The bus's socket, on the host. */
  readonly socket: string;
  /** Of every role of the revision. */
  readonly uids: ReadonlyMap<Role, number>;
}

/** With the bus on, the host provides this service. */
export function isFromHost({ name, provider }: Requirement): boolean {
  return name === systemBus && provider === undefined;
}

export function busRole({ role }: Requirement): Role {
  return role === 'any' ? defaultRole : role;
}

/** Everybody that can appear on the bus or in its policy, in the revision's order. */
export function busRoles(containers: readonly ContainerModel[]): Role[] {
  const roles = containers.flatMap(({ owns, requires }) => [
    ...owns.flatMap(({ role, allow }) => [role, ...allow]),
    ...requires.filter(isFromHost).map(busRole),
  ]);
  return [...new Set(roles)].filter((role) => role !== 'any');
}

/** Throws when the role has no uid: the caller allocates one for each of `busRoles`. */
export function hostedLink(consumer: ContainerModel, requirement: Requirement, { socket, uids }: HostedBus): Omit<Link, 'consumer_pid' | 'provider_pid'> {
  const role = busRole(requirement);
  const uid = uids.get(role);
  if (uid === undefined) throw new Error(`role ${role} has no uid on the hosted bus`);
  return {
    type: 'dbus', name: requirement.name, consumer: consumer.name, provider: hostName, role, socket: socket as ContainerPath,
    interface: requirement.interface ?? requirement.target, target: requirement.target, uid,
  };
}
