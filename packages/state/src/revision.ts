/**
 * State JSON (format "system1") -> a checked revision, or every defect with its file and JSON path (spec
 * state-engine 1). Key order of the document never matters: containers first, then what refers to them.
 */
import { ContainerName, ObjectId, type RevisionName } from '@pv/contract/names';
import { type GroupSource, readGroups } from './groups.ts';
import { checkHostedBus } from './hosted-bus-rules.ts';
import { type Json, parseJson } from './json.ts';
import { belong } from './membership.ts';
import type { ContainerModel, Revision } from './model.ts';
import { Findings, type Problem } from './problem.ts';
import { type RunJson, readRunJson } from './run-json.ts';
import { warnUnknownKeys } from './schema.ts';
import { checkServices } from './service-rules.ts';
import { readServicesFile } from './services.ts';

export const stateSpec = 'pantavisor-service-system@1';

export interface RevisionSource {
  readonly name: RevisionName;
  readonly text: string;
  /** Seconds: PV_UPDATER_GOALS_TIMEOUT, for groups that set none. */
  readonly goalsTimeout: number;
  /** Does the host run a system bus for containers? */
  readonly hostedBus?: boolean;
}

export type RevisionResult =
  | { readonly kind: 'ok'; readonly revision: Revision; readonly warnings: readonly Problem[] }
  | { readonly kind: 'invalid'; readonly problems: readonly Problem[] };

type State = Readonly<Record<string, Json>>;

const stateFile = 'state';

export function parseRevision({ name, text, goalsTimeout, hostedBus = false }: RevisionSource): RevisionResult {
  const findings = new Findings();
  const state = readState(text, findings);
  if (state === undefined) return { kind: 'invalid', problems: findings.problems };
  const groups = readGroups(groupSource(state), goalsTimeout, findings);
  checkDevice(state, findings);
  const runs = readContainers(state, findings);
  const overlaid = overlaidContainers(state);
  const containers = belong(runs, groups, groupSource(state) === undefined, findings).map((container) => ({ ...withFiles(container, state, findings), hasConfigOverlay: overlaid.has(container.name) }));
  warnOrphans(state, runs, findings);
  warnMisplaced(state, findings);
  checkServices(containers, hostedBus, findings);
  checkHostedBus(containers, hostedBus, findings);
  const objects = readObjects(state, findings);
  if (findings.problems.length > 0) return { kind: 'invalid', problems: findings.problems };
  return { kind: 'ok', revision: { name, groups, containers, objects }, warnings: findings.warnings };
}

function readState(text: string, findings: Findings): State | undefined {
  const value = parseJson(stateFile, text, findings);
  if (value === undefined) return undefined;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    findings.problem(stateFile, '$', 'must be an object');
    return undefined;
  }
  const state = value as State;
  if (state['#spec'] !== stateSpec) {
    findings.problem(stateFile, '$["#spec"]', `step JSON has no valid #spec key: it must be "${stateSpec}"`);
    return undefined;
  }
  for (const key of Object.keys(state)) checkKey(key, findings);
  return state;
}

/** A key is a path inside the trail: relative, normalised, printable. */
function checkKey(key: string, findings: Findings): void {
  const parts = key.split('/');
  if (parts.some((part) => part === '' || part === '.' || part === '..' || Buffer.byteLength(part) > 255) || /[\u0000-\u001f\u007f]/.test(key)) {
    findings.problem(stateFile, `$[${JSON.stringify(key)}]`, "is not a relative, normalised path (no '.', '..', '//' or control characters)");
  }
}

function groupSource(state: State): GroupSource | undefined {
  if (state['device.json'] !== undefined) {
    const groups = ofDevice(state, 'groups');
    return groups === undefined ? undefined : { file: 'device.json', path: '$.groups', value: groups };
  }
  const legacy = state['groups.json'];
  return legacy === undefined ? undefined : { file: 'groups.json', path: '$', value: legacy };
}

function ofDevice(state: State, key: string): Json | undefined {
  const device = state['device.json'];
  if (typeof device !== 'object' || device === null || Array.isArray(device) || !Object.hasOwn(device, key)) return undefined;
  return (device as State)[key];
}

function checkDevice(state: State, findings: Findings): void {
  const device = state['device.json'];
  if (device === undefined) return;
  const at = { file: 'device.json', path: '$' };
  if (typeof device !== 'object' || device === null || Array.isArray(device)) return findings.problem(at.file, at.path, 'must be an object');
  warnUnknownKeys(device, ['#spec', 'groups', 'ingress'], at, findings);
  // A device that asks for it counts on it: nobody would listen on those ports.
  const rules = ofDevice(state, 'ingress');
  if (rules === undefined || (Array.isArray(rules) && rules.length === 0)) return;
  findings.problem('device.json', '$.ingress', 'ingress is not offered: no port of the device leads to a service; remove it');
}

function readContainers(state: State, findings: Findings): RunJson[] {
  return Object.entries(state).flatMap(([key, value]) => {
    const [folder = '', file, ...deeper] = key.split('/');
    if (file !== 'run.json' || deeper.length > 0 || folder === 'bsp') return [];
    if (!ContainerName.safeParse(folder).success) {
      findings.problem(key, '$', `'${folder}' is not a container name`);
      return [];
    }
    const run = readRunJson(key, value, findings);
    return run === undefined ? [] : [run];
  });
}

function withFiles(container: ContainerModel, state: State, findings: Findings): ContainerModel {
  const file = `${container.name}/services.json`;
  const services = state[file] === undefined ? { exports: [], requires: [], owns: [] } : readServicesFile(file, state[file], findings);
  for (const needed of [container.config, container.module, ...container.volumes.filter(({ kind }) => kind === 'image').map(({ name }) => name)]) {
    if (needed !== null && state[`${container.name}/${needed}`] === undefined) {
      findings.problem(`${container.name}/run.json`, '$', `names '${needed}', but the state has no '${container.name}/${needed}'`);
    }
  }
  return {
    ...container,
    exports: services.exports,
    requires: [...container.requires, ...services.requires],
    owns: services.owns,
  };
}

/** Those with a file below `_config/<name>/`. */
function overlaidContainers(state: State): ReadonlySet<string> {
  return new Set(Object.keys(state).flatMap((key) => {
    const [root, name = '', ...path] = key.split('/');
    return root === '_config' && path.length > 0 ? [name] : [];
  }));
}

function warnOrphans(state: State, runs: readonly RunJson[], findings: Findings): void {
  const names = new Set<string>(runs.map(({ name }) => name));
  for (const key of Object.keys(state)) {
    const [folder = '', file] = key.split('/');
    if (file === 'services.json' && !names.has(folder)) findings.problem(key, '$', `there is no '${folder}/run.json': the services belong to no container`);
  }
}

/** A manifest that starts no container. Files of a configuration overlay may have any name. */
function warnMisplaced(state: State, findings: Findings): void {
  for (const [key, value] of Object.entries(state)) {
    const parts = key.split('/');
    if (parts.at(-1) !== 'run.json' || parts.length === 2 || parts[0] === '_config' || typeof value === 'string') continue;
    findings.warn(key, '$', "is not at '<container>/run.json', so no container is made of it");
  }
}

/** A string of 64 hexadecimal digits is an object; any other string has no meaning as a file. */
function readObjects(state: State, findings: Findings): Revision['objects'] {
  return Object.entries(state).flatMap(([key, value]) => {
    if (key === '#spec' || typeof value !== 'string') return [];
    const id = ObjectId.safeParse(value);
    if (id.success) return [{ key, id: id.data }];
    findings.problem(stateFile, `$[${JSON.stringify(key)}]`, 'must be inline JSON or the SHA-256 of an object in lower-case hexadecimal');
    return [];
  });
}
