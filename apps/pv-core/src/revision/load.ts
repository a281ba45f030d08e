/**
 * Reads a revision from its trail and makes sure that everything it names is there, before anything is started.
 * It trusts object contents: they were verified when they were installed.
 */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { RevisionName } from '@pv/contract/names';
import type { Engine } from '@pv/engine/engine';
import type { Places } from '@pv/runtime/places';
import type { ContainerModel, Revision } from '@pv/state/model';
import { problemText } from '@pv/state/problem';
import { parseRevision } from '@pv/state/revision';
import { declaration } from './declaration.ts';

export type LoadResult =
  | { readonly kind: 'ok'; readonly revision: Revision; readonly warnings: readonly string[] }
  /** One line per defect: file, JSON path, what is wrong; an audit line after one that a provider's own rule refused. */
  | { readonly kind: 'invalid'; readonly problems: readonly string[] };

/** `goalsTimeout` in seconds. `hostedBus`: the host runs a system bus. */
export async function loadRevision(name: RevisionName, places: Places, engines: ReadonlyMap<string, Engine>, goalsTimeout: number, hostedBus = false): Promise<LoadResult> {
  const trail = places.trail(name);
  const text = readState(join(trail, '.pvr', 'json'));
  if (text.kind === 'unreadable') return { kind: 'invalid', problems: [text.reason] };
  const parsed = parseRevision({ name, text: text.text, goalsTimeout, hostedBus });
  if (parsed.kind === 'invalid') return { kind: 'invalid', problems: parsed.problems.flatMap((problem) => [problemText(problem), ...(problem.audit === undefined ? [] : [problem.audit])]) };
  const missing = missingObjects(parsed.revision, trail);
  const problems = missing.length > 0 ? missing : await engineProblems(parsed.revision, trail, engines);
  if (problems.length > 0) return { kind: 'invalid', problems };
  return { kind: 'ok', revision: parsed.revision, warnings: parsed.warnings.map(problemText) };
}

type StateText = { readonly kind: 'text'; readonly text: string } | { readonly kind: 'unreadable'; readonly reason: string };

function readState(path: string): StateText {
  try {
    return { kind: 'text', text: readFileSync(path, 'utf8') };
  } catch (error) {
    return { kind: 'unreadable', reason: `${path}: cannot be read: ${(error as Error).message}; install the revision again` };
  }
}

function missingObjects(revision: Revision, trail: string): string[] {
  return revision.objects.flatMap(({ key, id }) => {
    const found = statSync(join(trail, key), { throwIfNoEntry: false });
    if (found?.isFile() === true) return [];
    return [`state: $[${JSON.stringify(key)}]: object ${id} is missing at ${join(trail, key)}; install the revision again`];
  });
}

async function engineProblems(revision: Revision, trail: string, engines: ReadonlyMap<string, Engine>): Promise<string[]> {
  const asked = new Map([...new Set(revision.containers.map(({ type }) => type ?? ''))].map((type) => [type, engines.get(type)?.unusable()]));
  const problems = revision.containers.map(async (container) => {
    const { name, type } = container;
    if (type === null) return [];
    const engine = engines.get(type);
    if (engine === undefined) return [`${name}/run.json: $.type: no plugin for platform type '${type}' (platform '${name}'); there are: ${[...engines.keys()].join(', ')}`];
    const unusable = await asked.get(type);
    return unusable === undefined ? declarationProblems(container, trail, engine) : [`${name}/run.json: $.type: ${unusable}`];
  });
  return (await Promise.all(problems)).flat();
}

function declarationProblems(container: ContainerModel, trail: string, engine: Engine): readonly string[] {
  try {
    return engine.check(declaration(container, trail));
  } catch (error) {
    return [`${container.name}/run.json: $.config: cannot be read: ${(error as Error).message}; install the revision again`];
  }
}
