/** One fetch of the graph: at once, or held by pv-core until it differs from the one that `etag` names. */
import { limits } from '@pv/contract/limits';
import { paths } from '@pv/contract/paths';
import type { Clock } from '@pv/runtime/clock';
import { call, type CallResult } from '../http-call.ts';
import { parseGraph, type GraphLink } from './parse.ts';

export type Fetched =
  | { readonly kind: 'graph'; readonly etag: string; readonly links: readonly GraphLink[]; readonly problems: readonly string[] }
  /** `problem`: the line for stderr. */
  | { readonly kind: 'away' | 'refused' | 'bad'; readonly problem: string; readonly reason: string };

export type FetchGraph = (etag: string | undefined, signal: AbortSignal) => Promise<Fetched>;

/** Seconds for an answer that is not held, and how much later than agreed a held one may come. */
const patience = 4;

export function graphFetcher(socketPath: string, clock: Clock): FetchGraph {
  return async (etag, signal) => {
    const held = etag === undefined ? 0 : limits.heldMs / 1000;
    const query = etag === undefined ? '' : `?wait=${encodeURIComponent(etag)}`;
    return readAnswer(await call({ socketPath, method: paths.getGraph.method, path: `${paths.getGraph.path}${query}`, deadline: held + patience, clock, signal }));
  };
}

function readAnswer(result: CallResult): Fetched {
  if (result.kind === 'away') return { kind: 'away', problem: `Error connecting to pv-ctrl: ${result.reason}`, reason: result.reason };
  if (result.kind === 'bad') return { kind: 'bad', problem: `Failed to fetch graph: ${result.reason}`, reason: result.reason };
  const { status, etag, body } = result;
  if (status !== 200) return { kind: 'refused', problem: `Failed to fetch graph: pret=0, status=${status}`, reason: `it answers with status ${status}` };
  if (etag === undefined) return { kind: 'bad', problem: 'Failed to fetch graph: the answer has no ETag', reason: 'its answer has no ETag' };
  const graph = parseGraph(body);
  if (graph.kind === 'bad') return { kind: 'bad', problem: graph.problem, reason: graph.problem };
  return { kind: 'graph', etag, links: graph.links, problems: graph.problems };
}
