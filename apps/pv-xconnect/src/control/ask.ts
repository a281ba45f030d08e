/** Asks the instance that manages the mesh for a reconcile, and tells what it answered in the lines users know. */
import { paths } from '@pv/contract/paths';
import type { Clock } from '@pv/runtime/clock';
import { call } from '../http-call.ts';
import type { MeshLink } from '../links/mesh.ts';
import { addingLine, stateLine } from '../links/wording.ts';
import type { Lines } from '../lines.ts';

/** Seconds; the other one waits for pv-core meanwhile. */
const deadline = 10;

/** False: there was no answer to show; the reason went to stderr. */
export async function askOther(socketPath: string, clock: Clock, { out, err }: Lines): Promise<boolean> {
  const result = await call({ socketPath, ...paths.reconcileLinks, deadline, clock });
  if (result.kind !== 'answer') {
    err(`Another pv-xconnect holds ${socketPath} but does not answer: ${result.reason}. It may be ending; try again.`);
    return false;
  }
  const answer: unknown = JSON.parse(result.body.toString());
  if (result.status !== 200) {
    err(`Error connecting to pv-ctrl: ${(answer as { Error?: string }).Error ?? `status ${result.status}`}`);
    return false;
  }
  show(answer as { pid: number; links: readonly MeshLink[] }, out);
  return true;
}

function show({ pid, links }: { pid: number; links: readonly MeshLink[] }, out: Lines['out']): void {
  out('Connected to pv-ctrl');
  out(`pv-xconnect (pid ${pid}) already manages the mesh and was asked to reconcile`);
  out(`Reconciling graph with ${links.length} links`);
  for (const link of links) {
    out(addingLine(link));
    out(stateLine(link, link.state, link.reason));
  }
}
