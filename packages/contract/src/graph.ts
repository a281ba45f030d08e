/** `/xconnect-graph`: one entry per (consumer's requirement x provider's export). Spec xconnect 2. */
import * as z from 'zod/mini';
import { ContainerStatus } from './containers.ts';
import { hostName } from './grammar.ts';
import { BusNamePattern, ContainerName, ContainerPath, Role, ServiceName } from './names.ts';

export const ServiceType = z.enum(['rest', 'dbus', 'unix', 'drm', 'wayland', 'input']);
export type ServiceType = z.infer<typeof ServiceType>;

/** One rule of a provider for consumers with one of `roles` (missing: every role). What the other keys mean is the type's. */
export const AllowRule = z.object({
  roles: z.optional(z.array(Role)),
  /** rest: methods, upper case; missing: every method. */
  methods: z.optional(z.array(z.string().check(z.regex(/^[A-Z]{1,20}$/, { error: 'is not an HTTP method in upper case' })))),
  /** rest: the request's path; a final `*` stands for any rest. Missing: every path. */
  path: z.optional(z.string().check(z.regex(/^\/[\u0021-\u007e]*$/, { error: "is not a path that begins with '/'" }))),
  /** dbus: well-known names, or `name.*`, that may be seen, called, owned (each level includes the one before). */
  see: z.optional(z.array(BusNamePattern)),
  talk: z.optional(z.array(BusNamePattern)),
  own: z.optional(z.array(BusNamePattern)),
});
export type AllowRule = z.infer<typeof AllowRule>;

/** What the provider's manifest says about its service beyond where it is. */
export const serviceOptions = {
  /** unix: `direct`: the socket itself is mounted into the consumer, without a proxy in the way. */
  mode: z.optional(z.literal('direct')),
  /** unix: the type of the provider's socket; missing: `stream`. */
  socket_type: z.optional(z.enum(['stream', 'seqpacket'])),
  /** rest, dbus: what is allowed; missing: everything. */
  allow: z.optional(z.array(AllowRule)),
  /** dbus: nothing is refused; the rules that would be needed are logged. */
  learn: z.optional(z.boolean()),
  /** wayland: globals (interface names) that the consumers do not see. */
  hide: z.optional(z.array(z.string().check(z.regex(/^[a-z][a-z0-9_]{0,63}$/, { error: 'is not the name of a Wayland interface' })))),
  /** wayland: the compositor is not told that its consumers are sandboxed (security-context-v1). */
  trusted: z.optional(z.boolean()),
} as const;

/** Whom the provider lets in; a missing list is everybody. `any` among the roles stands for every role. */
export const consent = {
  roles: z.optional(z.array(Role)),
  consumers: z.optional(z.array(ContainerName)),
} as const;

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
  /** Hosted system bus: the role's user id. */
  uid: z.optional(z.number()),
  ...consent,
  ...serviceOptions,
});
export type Link = z.infer<typeof Link>;

/** A link of the graph, with how its containers are at the moment of the answer; the host has neither state nor generation. */
export const GraphLink = z.extend(Link, {
  consumer_state: z.optional(ContainerStatus),
  provider_state: z.optional(ContainerStatus),
  /** Starts since `pv-core` began: with another number it is another process, whatever its pid. */
  consumer_generation: z.optional(z.number()),
  provider_generation: z.optional(z.number()),
});
export type GraphLink = z.infer<typeof GraphLink>;

export const Graph = z.array(GraphLink);
export type Graph = z.infer<typeof Graph>;

export const LinkState = z.enum(['waiting', 'established', 'failed']);
export type LinkState = z.infer<typeof LinkState>;

/** What went through a link since it was made. */
export const LinkCounters = z.object({
  /** Connections that are open now, and that were ever accepted. */
  sessions: z.number(),
  accepted: z.number(),
  /** Bytes and descriptors that were delivered. */
  bytes_to_provider: z.number(),
  bytes_to_consumer: z.number(),
  descriptors: z.number(),
  /** Connections or requests that a rule refused. */
  refused: z.number(),
});
export type LinkCounters = z.infer<typeof LinkCounters>;

/** A link as pv-xconnect has it. */
export const LinkStatus = z.extend(Link, {
  state: LinkState,
  /** Why it is not established; of one that is, what its users should know. */
  reason: z.optional(z.string()),
  /** When it came into this state: ISO 8601, UTC. */
  since: z.string(),
  /** The last thing that went wrong in a session. */
  last_error: z.optional(z.string()),
  /** wayland: whether the compositor knows the consumer as a sandboxed client; missing until the first connection to the present compositor. */
  sandboxed: z.optional(z.boolean()),
  ...LinkCounters.shape,
});
export type LinkStatus = z.infer<typeof LinkStatus>;
