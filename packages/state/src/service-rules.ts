/** Rules between containers: every link of the mesh is settled when the state is accepted (spec xconnect 1.4). */
import type { ContainerModel, Requirement, ServiceExport } from './model.ts';
import type { Findings } from './problem.ts';

export interface Offer {
  readonly provider: ContainerModel;
  readonly service: ServiceExport;
}

/** The exports that satisfy a requirement; more than one only before the rules were checked. */
export function offersFor(requirement: Requirement, containers: readonly ContainerModel[]): Offer[] {
  return containers.flatMap((provider) =>
    requirement.provider !== undefined && requirement.provider !== provider.name
      ? []
      : provider.exports.filter(({ name }) => name === requirement.name).map((service) => ({ provider, service })),
  );
}

export function checkServices(containers: readonly ContainerModel[], findings: Findings): void {
  for (const container of containers) {
    checkExports(container, findings);
    const targets = new Set<string>();
    for (const requirement of container.requires) {
      const { file, path } = requirement.at;
      if (targets.has(requirement.target)) findings.problem(file, `${path}.target`, `'${requirement.target}' is the target of another service of '${container.name}' already`);
      targets.add(requirement.target);
      checkRequirement(container, requirement, containers, findings);
    }
  }
}

function checkExports(container: ContainerModel, findings: Findings): void {
  const names = new Set<string>();
  for (const { name } of container.exports) {
    if (names.has(name)) findings.problem(`${container.name}/services.json`, '$', `service '${name}' is exported twice`);
    names.add(name);
  }
}

function checkRequirement(consumer: ContainerModel, requirement: Requirement, containers: readonly ContainerModel[], findings: Findings): void {
  const { file, path } = requirement.at;
  const offers = offersFor(requirement, containers);
  const [offer] = offers;
  if (offer === undefined) {
    if (requirement.required) findings.problem(file, path, `required service '${requirement.name}' for platform '${consumer.name}' not found${from(requirement)}`);
    return;
  }
  if (offers.length > 1) {
    const providers = offers.map(({ provider }) => `'${provider.name}'`).join(', ');
    findings.problem(file, path, `service '${requirement.name}' is exported by ${providers}: say which with "provider"`);
    return;
  }
  const { provider, service } = offer;
  if (requirement.type !== undefined && requirement.type !== service.type) {
    findings.problem(file, `${path}.type`, `'${requirement.type}' is asked for, but '${provider.name}' exports '${requirement.name}' as '${service.type}'`);
  }
  if (service.roles !== undefined && !service.roles.some((role) => role === 'any' || role === requirement.role)) {
    findings.problem(file, `${path}.role`, `'${provider.name}' does not accept the role '${requirement.role}' for '${requirement.name}'`);
  }
  if (service.consumers?.includes(consumer.name) === false) {
    findings.problem(file, path, `'${provider.name}' does not accept '${consumer.name}' as a consumer of '${requirement.name}'`);
  }
}

function from({ provider }: Requirement): string {
  return provider === undefined ? '' : ` in '${provider}'`;
}
