/** All that a revision says about one consumer and one service. Pure. */
import type { LinkExplanation } from '@pv/contract/explain';
import type { ContainerName, ServiceName } from '@pv/contract/names';
import { consentOf } from './graph.ts';
import type { Requirement, Revision } from './model.ts';

export function explainLink({ containers }: Revision, consumer: ContainerName, service: ServiceName): LinkExplanation {
  const model = containers.find(({ name }) => name === consumer);
  return {
    consumer,
    service,
    consumer_exists: model !== undefined,
    requirements: model?.requires.filter(({ name }) => name === service).map(view) ?? [],
    offers: containers.flatMap(({ name: provider, exports }) =>
      exports.filter(({ name }) => name === service).map((offer) => ({ provider, type: offer.type, socket: offer.socket, ...consentOf(offer) })),
    ),
  };
}

function view({ role, target, required, type, provider, at }: Requirement): LinkExplanation['requirements'][number] {
  return { role, target, required, ...(type === undefined ? {} : { type }), ...(provider === undefined ? {} : { provider }), ...at };
}
