/** The rows of the contract that pv-core implements. A row without a handler does not compile. */
import { readFileSync } from 'node:fs';
import type { ContainerAction } from '@pv/contract/containers';
import type { DaemonAction } from '@pv/contract/daemons';
import type { ErrorCode } from '@pv/contract/errors';
import type { ContainerName, ServiceName } from '@pv/contract/names';
import type { RouteName, routes } from '@pv/contract/routes';
import type { Reply } from '@pv/http-api/answer';
import { type ApiRequest, waitedEtag } from '@pv/http-api/serve-contract';
import { explainLink } from '@pv/state/explain';
import type { HostedBus } from '@pv/state/hosted-bus';
import type { Revision } from '@pv/state/model';
import type { Daemons } from '../daemons/daemons.ts';
import type { Supervisor } from '../lifecycle/supervisor.ts';
import type { GraphResource } from './graph-resource.ts';
import type { MeshLinks } from './mesh-links.ts';
import { metricsText, metricsType } from './metrics.ts';
import { containerView, groupView, measuredView } from './views.ts';

export interface Handled {
  readonly supervisor: Supervisor;
  readonly revision: Revision;
  /** Undefined when the host runs none. */
  readonly hostedBus: HostedBus | undefined;
  readonly daemons: Daemons;
  readonly graph: GraphResource;
  /** Asks pv-xconnect. */
  readonly meshLinks: () => Promise<MeshLinks>;
  readonly buildInfoPath: string;
}

type CoreRow = { [N in RouteName]: (typeof routes)[N]['server'] extends 'pv-core' ? N : never }[RouteName];
type Handler = (params: Readonly<Record<string, string>>, request: ApiRequest) => Reply | Promise<Reply>;

export function createHandlers({ supervisor, revision, hostedBus, daemons, graph, meshLinks, buildInfoPath }: Handled): Readonly<Record<CoreRow, Handler>> {
  return {
    listContainers: () => ({ kind: 'json', value: supervisor.lives.map(containerView) }),
    controlContainer: ({ name }, { body }) => {
      const { action } = body as { action: ContainerAction };
      const result = supervisor.act(name as ContainerName, action);
      return result === 'accepted' ? { kind: 'empty' } : refuse(result);
    },
    listGroups: () => ({ kind: 'json', value: revision.groups.map((group) => groupView(group, supervisor.report)) }),
    listDaemons: () => ({ kind: 'json', value: daemons.list() }),
    controlDaemon: ({ name = '' }, { body }) => {
      const { action } = body as { action: DaemonAction };
      return daemons.act(name, action) ? { kind: 'empty' } : refuse('no-such-daemon');
    },
    getGraph: async (_params, { query, signal }) => {
      const { value, etag } = await graph.get(waitedEtag(query), signal);
      return { kind: 'json', value, etag };
    },
    getLinkStatus: async () => {
      const mesh = await meshLinks();
      return mesh.kind === 'links' ? { kind: 'json', value: mesh.links } : { kind: 'error', error: { code: 'mesh-away', detail: mesh.reason } };
    },
    explainLink: ({ consumer, service }) => ({ kind: 'json', value: explainLink(revision, consumer as ContainerName, service as ServiceName, hostedBus) }),
    getMetrics: async () => {
      const mesh = await meshLinks();
      const links = mesh.kind === 'links' ? mesh.links : undefined;
      return { kind: 'text', type: metricsType, text: metricsText({ containers: supervisor.lives.map(measuredView), daemons: daemons.list(), links }) };
    },
    getBuildInfo: () => {
      try {
        return { kind: 'text', text: readFileSync(buildInfoPath, 'utf8') };
      } catch {
        return refuse('no-build-info');
      }
    },
  };
}

function refuse(code: ErrorCode): Reply {
  return { kind: 'error', error: { code } };
}
