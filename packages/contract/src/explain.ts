/** `/xconnect-why/{consumer}/{service}`: all that the running revision says about one consumer and one service. */
import * as z from 'zod/mini';
import { hostName } from './grammar.ts';
import { consent, ServiceType } from './graph.ts';
import { ContainerName, ContainerPath, Role, ServiceName } from './names.ts';

/** One requirement of the consumer. */
export const ServiceRequirement = z.object({
  role: Role,
  /** Where the service is to appear, in the consumer's root. */
  target: ContainerPath,
  /** False: without a provider there is just no link. */
  required: z.boolean(),
  /** What the consumer insists on. */
  type: z.optional(ServiceType),
  provider: z.optional(ContainerName),
  /** Where it was declared: a key of the state, and the JSON path in it. */
  file: z.string(),
  path: z.string(),
});
export type ServiceRequirement = z.infer<typeof ServiceRequirement>;

/** One export of that name, by a container or by the host. */
export const ServiceOffer = z.object({
  provider: z.union([ContainerName, z.literal(hostName)]),
  type: ServiceType,
  /** The provider's path, in its own root. */
  socket: ContainerPath,
  ...consent,
});
export type ServiceOffer = z.infer<typeof ServiceOffer>;

export const LinkExplanation = z.object({
  consumer: ContainerName,
  service: ServiceName,
  /** Whether the revision has a container of that name. */
  consumer_exists: z.boolean(),
  requirements: z.array(ServiceRequirement),
  offers: z.array(ServiceOffer),
});
export type LinkExplanation = z.infer<typeof LinkExplanation>;
