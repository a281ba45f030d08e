/**
 * The contract is this table. `pv-core` implements its rows, `pv-ctrl` guards them, `client` calls them,
 * `docs/reference` prints them. What is not in the table does not exist.
 */
import * as z from 'zod/mini';
import { Container, ContainerAction, Group } from './containers.ts';
import { Daemon, DaemonAction } from './daemons.ts';
import type { ErrorCode } from './errors.ts';
import { LinkExplanation } from './explain.ts';
import { Graph, LinkStatus } from './graph.ts';
import { ContainerName, DaemonName, ServiceName } from './names.ts';
import { paths } from './paths.ts';

export type Method = 'GET' | 'PUT' | 'POST' | 'DELETE';

export interface Route {
  readonly method: Method;
  /** Segments in braces are parameters, checked by `params`. */
  readonly path: string;
  readonly params?: Readonly<Record<string, z.ZodMiniType<string>>>;
  /** `mgmt`: the host, or a container with the role mgmt. `root`: only on the root-only socket of its server. */
  readonly caller: 'mgmt' | 'anyone' | 'root';
  readonly server: 'pv-core' | 'pv-xconnect';
  readonly body?: { readonly schema: z.ZodMiniType; readonly maxBytes: number };
  readonly response: { readonly kind: 'json'; readonly schema: z.ZodMiniType } | { readonly kind: 'text' } | { readonly kind: 'empty' };
  readonly errors: readonly ErrorCode[];
  /** `wait`: answers when the resource's ETag differs from the one asked for in `?wait=<etag>`, or after 30 s with the same. */
  readonly heldBy?: 'wait';
  readonly since: string;
  readonly summary: string;
}

export const routes = {
  listContainers: {
    ...paths.listContainers, caller: 'mgmt', server: 'pv-core',
    response: { kind: 'json', schema: z.array(Container) }, errors: ['no-state'], since: '0.1.0',
    summary: 'The containers of the running revision, in start order.',
  },
  controlContainer: {
    ...paths.controlContainer, params: { name: ContainerName }, caller: 'mgmt', server: 'pv-core',
    body: { schema: z.object({ action: ContainerAction }), maxBytes: 1024 }, response: { kind: 'empty' },
    errors: ['no-such-container', 'system-container', 'bad-json', 'missing-action', 'bad-action', 'not-startable', 'not-restartable', 'too-large', 'no-state'],
    since: '0.1.0', summary: 'Start, stop or restart a container whose restart policy is `container`. Accepted at once, done later.',
  },
  listGroups: {
    ...paths.listGroups, caller: 'mgmt', server: 'pv-core',
    response: { kind: 'json', schema: z.array(Group) }, errors: ['no-state'], since: '0.1.0',
    summary: 'The groups, in start order.',
  },
  listDaemons: {
    ...paths.listDaemons, caller: 'mgmt', server: 'pv-core',
    response: { kind: 'json', schema: z.array(Daemon) }, errors: [], since: '0.1.0', summary: 'The managed daemons.',
  },
  controlDaemon: {
    ...paths.controlDaemon, params: { name: DaemonName }, caller: 'mgmt', server: 'pv-core',
    body: { schema: z.object({ action: DaemonAction }), maxBytes: 1024 }, response: { kind: 'empty' },
    errors: ['no-such-daemon', 'daemon-is-caller', 'bad-json', 'missing-action', 'bad-action', 'too-large'], since: '0.1.0',
    summary: 'Start, stop or restart a daemon. `stop` also switches its respawn off.',
  },
  getGraph: {
    ...paths.getGraph, caller: 'mgmt', server: 'pv-core', heldBy: 'wait',
    response: { kind: 'json', schema: Graph }, errors: ['no-state'], since: '0.1.0', summary: 'The links between containers.',
  },
  getLinkStatus: {
    ...paths.getLinkStatus, caller: 'mgmt', server: 'pv-core',
    response: { kind: 'json', schema: z.array(LinkStatus) }, errors: ['mesh-away'], since: '0.2.0',
    summary: 'The links as pv-xconnect has them: state, reason, and what went through.',
  },
  explainLink: {
    ...paths.explainLink, params: { consumer: ContainerName, service: ServiceName }, caller: 'mgmt', server: 'pv-core',
    response: { kind: 'json', schema: LinkExplanation }, errors: ['no-state'], since: '0.2.0',
    summary: 'What the running revision says about a consumer and a service: requirements, offers, consent.',
  },
  getMetrics: {
    ...paths.getMetrics, caller: 'mgmt', server: 'pv-core',
    response: { kind: 'text' }, errors: ['no-state'], since: '0.2.0', summary: "Containers, daemons and links as metrics, in Prometheus' text format 0.0.4.",
  },
  getBuildInfo: {
    ...paths.getBuildInfo, caller: 'mgmt', server: 'pv-core',
    response: { kind: 'text' }, errors: ['no-build-info'], since: '0.1.0', summary: 'What this build is made of.',
  },
  listLinks: {
    ...paths.listLinks, caller: 'root', server: 'pv-xconnect',
    response: { kind: 'json', schema: z.array(LinkStatus) }, errors: [], since: '0.2.0', summary: "The mesh's links as they are.",
  },
  /** Asks the running pv-xconnect for a reconcile; answers with the links as they are after it. */
  reconcileLinks: {
    ...paths.reconcileLinks, caller: 'root', server: 'pv-xconnect',
    response: { kind: 'json', schema: z.object({ pid: z.number(), links: z.array(LinkStatus) }) }, errors: ['core-away'], since: '0.1.0',
    summary: "Reconcile now and list the mesh's links.",
  },
} as const satisfies Record<string, Route>;

export type RouteName = keyof typeof routes;

export interface RouteMatch {
  readonly name: RouteName;
  readonly params: Readonly<Record<string, string>>;
}

export type MatchResult =
  | { readonly kind: 'route'; readonly match: RouteMatch }
  | { readonly kind: 'error'; readonly code: 'no-such-endpoint' | 'method-not-allowed' | 'bad-name' | 'missing-container-name' | 'missing-daemon-name'; readonly detail?: string; readonly allow: readonly Method[] };

/**
 * Finds the row for a request. `pathname` is the request target's path, without query, still percent-encoded;
 * each segment is decoded once and checked by the row's schema. Only rows of `server` are seen.
 */
export function matchRoute(server: Route['server'], method: string, pathname: string): MatchResult {
  const segments = pathname.split('/').slice(1).map(decodeSegment);
  const rows = (Object.entries(routes) as [RouteName, Route][]).filter(([, row]) => row.server === server);
  const found = rows.filter(([, row]) => fits(row, segments));
  const allow = found.map(([, row]) => row.method);
  if (found.length === 0) return noRow(segments);
  const hit = found.find(([, row]) => row.method === method);
  if (hit === undefined) return { kind: 'error', code: 'method-not-allowed', allow };
  const [name, row] = hit;
  const params: Record<string, string> = {};
  for (const [index, part] of row.path.split('/').slice(1).entries()) {
    if (!part.startsWith('{')) continue;
    const key = part.slice(1, -1);
    const checked = row.params?.[key]?.safeParse(segments[index]);
    if (checked?.success !== true) return { kind: 'error', code: 'bad-name', allow, detail: checked?.error.issues[0]?.message ?? key };
    params[key] = checked.data;
  }
  return { kind: 'route', match: { name, params } };
}

function fits(row: Route, segments: readonly string[]): boolean {
  const parts = row.path.split('/').slice(1);
  return parts.length === segments.length && parts.every((part, index) => (part.startsWith('{') ? segments[index] !== '' : part === segments[index]));
}

function noRow(segments: readonly string[]): MatchResult {
  if (segments.length === 2 && segments[1] === '') {
    if (segments[0] === 'containers') return { kind: 'error', code: 'missing-container-name', allow: ['PUT'] };
    if (segments[0] === 'daemons') return { kind: 'error', code: 'missing-daemon-name', allow: ['PUT'] };
  }
  return { kind: 'error', code: 'no-such-endpoint', allow: [], detail: `/${segments.join('/')}`.slice(0, 200) };
}

/** What cannot be decoded stays as it came: no name has a `%`. */
function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
