/** All that a revision says about one consumer and one service. Pure. */
import type { LinkExplanation } from '@pv/contract/explain';
import { hostName } from '@pv/contract/grammar';
import type { ContainerName, ContainerPath, ServiceName } from '@pv/contract/names';
import { consentOf } from './graph.ts';
import type { HostedBus } from './hosted-bus.ts';
import type { Requirement, Revision } from './model.ts';
import { systemBus } from './owned-names.ts';

/** `hostedBus`: undefined when the host runs none. */
export function explainLink({ containers }: Revision, consumer: ContainerName, service: ServiceName, hostedBus?: Pick<HostedBus, 'socket'>): LinkExplanation {
  const model = containers.find(({ name }) => name === consumer);
  const ofHost = hostedBus === undefined || service !== systemBus ? [] : [{ provider: hostName, type: 'dbus', socket: hostedBus.socket as ContainerPath } as const];
  const ofContainers = containers.flatMap(({ name: provider, exports }) =>
    exports.filter(({ name }) => name === service).map((offer) => ({ provider, type: offer.type, socket: offer.socket, ...consentOf(offer) })),
  );
  return {
    consumer,
    service,
    consumer_exists: model !== undefined,
    requirements: model?.requires.filter(({ name }) => name === service).map(view) ?? [],
    offers: [...ofHost, ...ofContainers],
  };
}

function view({ role, target, required, type, provider, at }: Requirement): LinkExplanation['requirements'][number] {
  return { role, target, required, ...(type === undefined ? {} : { type }), ...(provider === undefined ? {} : { provider }), ...at };
}
