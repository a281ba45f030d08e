/** A supervisor of a revision made from a few words, with a scripted engine and a clock wound by hand. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RevisionName } from '@pv/contract/names';
import { createLogger } from '@pv/runtime/log';
import { places as placesOf } from '@pv/runtime/places';
import { problemText } from '@pv/state/problem';
import { parseRevision } from '@pv/state/revision';
import { ManualClock, settle } from '@pv/testkit/manual-clock';
import { afterEach, beforeEach } from 'vitest';
import { containerView } from '../../src/api/views.ts';
import { Supervisor } from '../../src/lifecycle/supervisor.ts';
import { ScriptedEngine } from './scripted-engine.ts';

export interface Supervised {
  readonly supervisor: Supervisor;
  readonly engine: ScriptedEngine;
  readonly clock: ManualClock;
  readonly log: string[];
  readonly reboots: string[];
  readonly mounted: Set<string>;
  /** Containers whose volumes can be neither mounted nor unmounted. */
  readonly broken: Set<string>;
  /** What pv-core keeps about a container for the next one. */
  stateDir(name: string): string;
  status(name: string): string;
  view(name: string): ReturnType<typeof containerView>;
  /** Another supervisor of the same run directory, as after a SIGKILL of pv-core. */
  again(): Supervised;
}

/** A directory of its own for each test of the file. */
export function useTemporaryRoot(): { readonly dir: string } {
  const at = { dir: '' };
  beforeEach(() => void (at.dir = mkdtempSync(join(tmpdir(), 'pv-core-'))));
  afterEach(() => rmSync(at.dir, { recursive: true, force: true }));
  return at;
}

/** `containers`: name -> run.json's own fields. */
export function supervise(dir: string, containers: Readonly<Record<string, object>>, clock = new ManualClock()): Supervised {
  const places = placesOf({ run: join(dir, 'run'), storage: join(dir, 'storage') });
  const sha = 'a'.repeat(64);
  const entries = Object.entries(containers).flatMap(([name, fields]) => {
    mkdirSync(join(places.trail('0'), name), { recursive: true });
    writeFileSync(join(places.trail('0'), name, 'lxc.container.conf'), 'lxc.net.0.type = empty\n');
    const run = { name, type: 'lxc', config: 'lxc.container.conf', 'root-volume': 'root.squashfs', ...fields };
    return [[`${name}/run.json`, run], [`${name}/lxc.container.conf`, sha], [`${name}/root.squashfs`, sha]];
  });
  const text = JSON.stringify({ '#spec': 'pantavisor-service-system@1', ...Object.fromEntries(entries) });
  const parsed = parseRevision({ name: '0' as RevisionName, text, goalsTimeout: 30 });
  if (parsed.kind === 'invalid') throw new Error(parsed.problems.map(problemText).join('\n'));
  const engine = new ScriptedEngine();
  const log: string[] = [];
  const reboots: string[] = [];
  const mounted = new Set<string>();
  const broken = new Set<string>();
  const usable = (name: string): void => {
    if (broken.has(name)) throw new Error('volume root.squashfs is broken');
  };
  const supervisor = new Supervisor({
    revision: parsed.revision, engines: new Map([['lxc', engine]]), places, clock, grace: 5,
    volumes: {
      mountAll: ({ name }) => {
        usable(name);
        mounted.add(name);
      },
      unmountAll: (name) => {
        usable(name);
        mounted.delete(name);
      },
    },
    log: createLogger('core', { clock, level: 5, sink: (line) => log.push(line.replace(/^.*\]: (?:\(\S+\) )?/, '').trim()) }),
    onChange: () => undefined, onReboot: (reason) => reboots.push(reason),
  });
  const life = (name: string) => {
    const found = supervisor.lives.find(({ model }) => model.name === name);
    if (found === undefined) throw new Error(`no ${name}`);
    return found;
  };
  return {
    supervisor, engine, clock, log, reboots, mounted, broken, stateDir: (name) => places.container(name).state,
    status: (name) => life(name).status, view: (name) => containerView(life(name)), again: () => supervise(dir, containers, clock),
  };
}

export async function booted(dir: string, containers: Readonly<Record<string, object>>): Promise<Supervised> {
  const supervised = supervise(dir, containers);
  await supervised.supervisor.boot();
  await settle();
  return supervised;
}
