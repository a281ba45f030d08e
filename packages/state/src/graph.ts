/** The mesh as the revision declares it, with the pids of this moment (spec xconnect 2, issue's field rules). */
import type { Graph } from '@pv/contract/graph';
import type { ContainerName } from '@pv/contract/names';
import type { Revision } from './model.ts';
import { offersFor } from './service-rules.ts';

/** `pidOf` gives init's pid, 0 while the container does not run. */
export function graphOf(revision: Revision, pidOf: (name: ContainerName) => number): Graph {
  return revision.containers.flatMap((consumer) =>
    consumer.requires.flatMap((requirement) =>
      offersFor(requirement, revision.containers).map(({ provider, service }) => ({
        type: service.type,
        name: service.name,
        consumer: consumer.name,
        provider: provider.name,
        role: requirement.role,
        socket: service.socket,
        interface: requirement.interface ?? requirement.target,
        target: requirement.target,
        consumer_pid: pidOf(consumer.name),
        provider_pid: pidOf(provider.name),
        ...service.options,
      })),
    ),
  );
}
