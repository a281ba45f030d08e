/** The rows of the contract that pv-core implements. A row without a handler does not compile. */
import { readFileSync } from 'node:fs';
import type { ContainerAction } from '@pv/contract/containers';
import type { DaemonAction } from '@pv/contract/daemons';
import type { ErrorCode } from '@pv/contract/errors';
import type { ContainerName } from '@pv/contract/names';
import type { RouteName, routes } from '@pv/contract/routes';
import type { Reply } from '@pv/http-api/answer';
import { type ApiRequest, waitedEtag } from '@pv/http-api/serve-contract';
import type { GroupModel } from '@pv/state/model';
import type { Daemons } from '../daemons/daemons.ts';
import type { Supervisor } from '../lifecycle/supervisor.ts';
import type { GraphResource } from './graph-resource.ts';
import { containerView, groupView } from './views.ts';

export interface Handled {
  readonly supervisor: Supervisor;
  readonly groups: readonly GroupModel[];
  readonly daemons: Daemons;
  readonly graph: GraphResource;
  readonly buildInfoPath: string;
}

type CoreRow = { [N in RouteName]: (typeof routes)[N]['server'] extends 'pv-core' ? N : never }[RouteName];
type Handler = (params: Readonly<Record<string, string>>, request: ApiRequest) => Reply | Promise<Reply>;

export function createHandlers({ supervisor, groups, daemons, graph, buildInfoPath }: Handled): Readonly<Record<CoreRow, Handler>> {
  return {
    listContainers: () => ({ kind: 'json', value: supervisor.lives.map(containerView) }),
    controlContainer: ({ name }, { body }) => {
      const { action } = body as { action: ContainerAction };
      const result = supervisor.act(name as ContainerName, action);
      return result === 'accepted' ? { kind: 'empty' } : refuse(result);
    },
    listGroups: () => ({ kind: 'json', value: groups.map((group) => groupView(group, supervisor.report)) }),
    listDaemons: () => ({ kind: 'json', value: daemons.list() }),
    controlDaemon: ({ name = '' }, { body }) => {
      const { action } = body as { action: DaemonAction };
      return daemons.act(name, action) ? { kind: 'empty' } : refuse('no-such-daemon');
    },
    getGraph: async (_params, { query, signal }) => {
      const { value, etag } = await graph.get(waitedEtag(query), signal);
      return { kind: 'json', value, etag };
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
