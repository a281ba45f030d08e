/** Rules between containers: every link of the mesh is settled when the state is accepted (spec xconnect 1.4). */
import { auditLine } from '@pv/contract/audit';
import { refusedConsent } from '@pv/contract/consent';
import { isFromHost } from './hosted-bus.ts';
import type { ContainerModel, Requirement, ServiceExport } from './model.ts';
import type { Findings } from './problem.ts';

export interface Offer {
  readonly provider: ContainerModel;
  readonly service: ServiceExport;
}

/** Every export, by its name: a revision may have thousands. */
export type Offers = ReadonlyMap<string, readonly Offer[]>;

export function offersOf(containers: readonly ContainerModel[]): Offers {
  const offers = new Map<string, Offer[]>();
  for (const provider of containers) {
    for (const service of provider.exports) {
      const same = offers.get(service.name);
      if (same === undefined) offers.set(service.name, [{ provider, service }]);
      else same.push({ provider, service });
    }
  }
  return offers;
}

/** The exports that satisfy a requirement; more than one only before the rules were checked. */
export function offersFor({ name, provider: wanted }: Requirement, offers: Offers): readonly Offer[] {
  const found = offers.get(name) ?? [];
  return wanted === undefined ? found : found.filter(({ provider }) => provider.name === wanted);
}

/** `hostedBus`: the host provides the system bus, under rules of its own. */
export function checkServices(containers: readonly ContainerModel[], hostedBus: boolean, findings: Findings): void {
  const offers = offersOf(containers);
  for (const container of containers) {
    checkExports(container, findings);
    const targets = new Set<string>();
    for (const requirement of container.requires) {
      const { file, path } = requirement.at;
      if (targets.has(requirement.target)) findings.problem(file, `${path}.target`, `'${requirement.target}' is the target of another service of '${container.name}' already`);
      targets.add(requirement.target);
      if (!hostedBus || !isFromHost(requirement)) checkRequirement(container, requirement, offersFor(requirement, offers), findings);
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

function checkRequirement(consumer: ContainerModel, requirement: Requirement, offers: readonly Offer[], findings: Findings): void {
  const { file, path } = requirement.at;
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
  const asked = { ...service, consumer: consumer.name, provider: provider.name, role: requirement.role };
  const refusal = refusedConsent(asked);
  if (refusal !== undefined) findings.problem(file, refusal.rule === 'roles' ? `${path}.role` : path, refusal.text, auditLine(asked, `${refusal.rule}: ${refusal.text}`));
}

function from({ provider }: Requirement): string {
  return provider === undefined ? '' : ` in '${provider}'`;
}
