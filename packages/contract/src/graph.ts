/** `/xconnect-graph`: one entry per (consumer's requirement x provider's export). Spec xconnect 2. */
import * as z from 'zod/mini';
import { ContainerName, ContainerPath, hostName, Role, ServiceName } from './names.ts';

export const ServiceType = z.enum(['rest', 'dbus', 'unix', 'drm', 'wayland', 'input']);
export type ServiceType = z.infer<typeof ServiceType>;

export const Link = z.object({
  type: ServiceType,
  name: ServiceName,
  consumer: ContainerName,
  provider: z.union([ContainerName, z.literal(hostName)]),
  role: Role,
  /** The provider's path, in its own root. */
  socket: ContainerPath,
  /** The protocol identifier when the requirement names one (a D-Bus name), else the injection path. */
  interface: z.string(),
  /** The injection path, in the consumer's root. */
  target: ContainerPath,
  /** Init's pid; 0 while the container does not run. */
  consumer_pid: z.number(),
  provider_pid: z.number(),
});
export type Link = z.infer<typeof Link>;

export const Graph = z.array(Link);
export type Graph = z.infer<typeof Graph>;

export const LinkState = z.enum(['waiting', 'established', 'failed']);
export type LinkState = z.infer<typeof LinkState>;

/** A link as pv-xconnect has it. */
export const LinkStatus = z.extend(Link, { state: LinkState, reason: z.optional(z.string()), sessions: z.number() });
export type LinkStatus = z.infer<typeof LinkStatus>;
