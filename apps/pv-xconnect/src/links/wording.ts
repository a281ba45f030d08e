/** The lines about links that users and their scripts look for (spec xconnect 3.5). */
import type { LinkState } from '@pv/contract/graph';
import type { GraphLink } from '../graph/parse.ts';
import type { Line, Lines } from '../lines.ts';

export type Pids = Pick<GraphLink, 'consumer_pid' | 'provider_pid'>;

export function addingLine({ consumer, consumer_pid, type, socket, target }: GraphLink): string {
  return `Adding link: ${consumer} (pid=${consumer_pid}, ${type}) -> ${socket} (inject to: ${target})`;
}

export function retryingLine({ consumer, name }: GraphLink): string {
  return `Retrying link: ${consumer}/${name}`;
}

export function againLine({ consumer, name, target, consumer_pid, provider_pid }: GraphLink, was: Pids): string {
  const pids = `consumer pid ${was.consumer_pid}->${consumer_pid}, provider pid ${was.provider_pid}->${provider_pid}`;
  return `Re-establishing link ${consumer}/${name} (target ${target}) after restart (${pids})`;
}

/** For a plugin: what it says names the link (`pvx-...` lines; an audit line has fields for that, and others say it at their beginning). */
export function linesAbout({ type, consumer, name }: Pick<GraphLink, 'type' | 'consumer' | 'name'>, { out, err }: Lines): Lines {
  const id = `${consumer}/${name}`;
  const about = (line: Line): Line => (text) => line(!text.startsWith('pvx-') || text.startsWith(`pvx-${type}: ${id}: `) ? text : `${text} [${id}]`);
  return { out: about(out), err: about(err) };
}

export function samePids(a: Pids, b: Pids): boolean {
  return a.consumer_pid === b.consumer_pid && a.provider_pid === b.provider_pid;
}

export function stateLine({ consumer, name }: Pick<GraphLink, 'consumer' | 'name'>, state: LinkState, reason?: string): string {
  return `Link ${state}: ${consumer}/${name}${reason === undefined ? '' : `: ${reason}`}`;
}

/** For stderr. */
export function failedLine({ consumer, name, target }: GraphLink, reason: string): string {
  return `Failed to add link for ${name}: ${reason} (consumer ${consumer}, target ${target})`;
}

export function removingLine({ consumer, name, target }: GraphLink): string {
  return `Removing link: ${consumer}/${name} (target ${target})`;
}
