/** Rules of the hosted system bus between containers (spec xconnect 1.4, 5.1). Names are unique whether it is on or off. */
import { busRole, isFromHost } from './hosted-bus.ts';
import type { ContainerModel, OwnedName, Requirement } from './model.ts';
import { systemBus } from './owned-names.ts';
import type { Findings } from './problem.ts';

const key = 'PV_XCONNECT_DBUS_SYSTEMBUS_ENABLED';

export function checkHostedBus(containers: readonly ContainerModel[], enabled: boolean, findings: Findings): void {
  checkOwners(containers, findings);
  for (const container of containers) {
    if (enabled) checkUse(container, containers, findings);
    else for (const { name, at } of container.owns) findings.warn(at.file, at.path, `'${name}' has no effect: the hosted system bus is off (${key})`);
  }
}

function checkOwners(containers: readonly ContainerModel[], findings: Findings): void {
  const names = new Set<string>();
  const roles = new Map<string, string>();
  for (const { name: container, owns } of containers) {
    for (const { name, role, at } of owns) {
      if (names.has(name)) findings.problem(at.file, `${at.path}.owns`, `well-known name '${name}' on bus '${systemBus}' is owned by more than one app`);
      names.add(name);
      const other = roles.get(role) ?? container;
      if (other !== container) findings.problem(at.file, `${at.path}.role`, `the role '${role}' is an owner's in '${other}' already: with it, either container could own the other's names`);
      roles.set(role, other);
    }
  }
}

function checkUse(container: ContainerModel, containers: readonly ContainerModel[], findings: Findings): void {
  if (container.exports.some(({ name }) => name === systemBus)) {
    const next = `rename the service, or switch the hosted bus off (${key}=0)`;
    findings.problem(`${container.name}/services.json`, '$', `platform '${container.name}' exports reserved service name '${systemBus}' while the hosted system bus is enabled; ${next}`);
  }
  const attached = container.requires.filter(isFromHost);
  for (const requirement of attached) checkRequirement(container, requirement, containers, findings);
  for (const owned of container.owns) warnUnreachable(owned, attached, findings);
}

function checkRequirement(consumer: ContainerModel, requirement: Requirement, containers: readonly ContainerModel[], findings: Findings): void {
  const { file, path } = requirement.at;
  if (requirement.type !== undefined && requirement.type !== 'dbus') {
    findings.problem(file, `${path}.type`, `'${requirement.type}' is asked for, but '${systemBus}' of the host is 'dbus'`);
  }
  // Roles are self-asserted, so the right to own a name must not hang on a word alone.
  const role = busRole(requirement);
  const owner = containers.find(({ owns }) => owns.some((owned) => owned.role === role));
  if (owner !== undefined && owner !== consumer) {
    findings.problem(file, `${path}.role`, `the role '${role}' owns names on '${systemBus}' for '${owner.name}'; no other container can have it`);
  }
}

function warnUnreachable({ name, role, at }: OwnedName, attached: readonly Requirement[], findings: Findings): void {
  if (attached.some((requirement) => busRole(requirement) === role)) return;
  findings.warn(at.file, at.path, `nobody can own '${name}': this container requires no '${systemBus}' with the role '${role}'`);
}
