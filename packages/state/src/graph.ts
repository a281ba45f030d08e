/** The mesh as the revision declares it (spec xconnect 2, issue's field rules). */
import type { ContainerStatus } from '@pv/contract/containers';
import type { Graph, Link } from '@pv/contract/graph';
import type { ContainerName } from '@pv/contract/names';
import { type HostedBus, hostedLink, isFromHost } from './hosted-bus.ts';
import type { Revision, ServiceExport } from './model.ts';
import { offersFor, offersOf } from './service-rules.ts';

/** A link without what changes while a revision runs. */
export type DeclaredLink = Omit<Link, 'consumer_pid' | 'provider_pid'>;

/** A container at this moment: init's pid, 0 while it does not run, and how often it was started. */
export interface LinkEnd {
  readonly pid: number;
  readonly status: ContainerStatus;
  readonly starts: number;
}

/** `hostedBus`: undefined when the host runs none. */
export function declaredLinks({ containers }: Revision, hostedBus?: HostedBus): DeclaredLink[] {
  const offers = offersOf(containers);
  return containers.flatMap((consumer) =>
    consumer.requires.flatMap((requirement) => {
      if (hostedBus !== undefined && isFromHost(requirement)) return [hostedLink(consumer, requirement, hostedBus)];
      return offersFor(requirement, offers).map(({ provider, service }) => ({
        type: service.type,
        name: service.name,
        consumer: consumer.name,
        provider: provider.name,
        role: requirement.role,
        socket: service.socket,
        interface: requirement.interface ?? requirement.target,
        target: requirement.target,
        ...consentOf(service),
        ...service.options,
      }));
    }),
  );
}

/** `endOf`: undefined for the host. */
export function withEnds(links: readonly DeclaredLink[], endOf: (name: ContainerName) => LinkEnd | undefined): Graph {
  return links.map(({ type, name, consumer, provider, role, socket, interface: protocol, target, ...rest }) => {
    const [from, to] = [endOf(consumer), endOf(provider as ContainerName)];
    return {
      type, name, consumer, provider, role, socket, interface: protocol, target, consumer_pid: from?.pid ?? 0, provider_pid: to?.pid ?? 0,
      ...(from === undefined ? {} : { consumer_state: from.status, consumer_generation: from.starts }),
      ...(to === undefined ? {} : { provider_state: to.status, provider_generation: to.starts }),
      ...rest,
    };
  });
}

/** The provider's lists, where it has them. */
export function consentOf({ roles, consumers }: ServiceExport): Pick<Link, 'roles' | 'consumers'> {
  return { ...(roles === undefined ? {} : { roles: [...roles] }), ...(consumers === undefined ? {} : { consumers: [...consumers] }) };
}
