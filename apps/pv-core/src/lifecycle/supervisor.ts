/**
 * All containers of the running revision: adopts what runs, starts the groups in order, reports their status, stops
 * them in reverse order. Event-driven: whatever changes asks for one evaluation, which follows in the same tick.
 */
import type { ContainerAction } from '@pv/contract/containers';
import type { ContainerName } from '@pv/contract/names';
import type { Engine } from '@pv/engine/engine';
import type { Clock } from '@pv/runtime/clock';
import type { Logger } from '@pv/runtime/log';
import type { Places } from '@pv/runtime/places';
import { mayStart } from '@pv/state/goals';
import type { LifeEvent } from '@pv/state/life';
import type { ContainerModel, Revision } from '@pv/state/model';
import type { Volumes } from '../storage/volumes.ts';
import { ContainerLife } from './container-life.ts';
import { loadMemory, saveMemory } from './memory.ts';
import { makeContainerDirs, startSpec } from './start-spec.ts';
import { StatusReport } from './status-report.ts';

export interface SupervisorOptions {
  readonly revision: Revision;
  readonly engines: ReadonlyMap<string, Engine>;
  readonly volumes: Volumes;
  readonly places: Places;
  readonly clock: Clock;
  readonly log: Logger;
  /** Seconds between the lenient signal and force. */
  readonly grace: number;
  readonly onChange: () => void;
  readonly onReboot: (reason: string) => void;
}

export type ActionResult = 'accepted' | 'no-such-container' | 'system-container' | 'not-startable' | 'not-restartable';

export class Supervisor {
  readonly lives: readonly ContainerLife[];
  readonly report: StatusReport;
  readonly #options: SupervisorOptions;
  #phase: 'idle' | 'running' | 'stopping' = 'idle';
  #evaluating = false;
  /** Why a container that ended while no pv-core watched asks for a reboot. */
  #lost: string | undefined;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.report = new StatusReport(options.revision, options.log);
    this.lives = options.revision.containers.map((container) => this.#life(container));
  }

  /** Adopts what an earlier pv-core started, then starts the rest. */
  async boot(): Promise<void> {
    await Promise.all(this.lives.map((life) => this.#takeUp(life)));
    this.#phase = 'running';
    if (this.#lost !== undefined) this.#options.onReboot(this.#lost);
    this.#changed();
  }

  act(name: ContainerName, action: ContainerAction): ActionResult {
    const life = this.lives.find(({ model }) => model.name === name);
    if (life === undefined) return 'no-such-container';
    if (life.model.restartPolicy !== 'container') return 'system-container';
    const events: Record<ContainerAction, LifeEvent> = { start: 'user-start', stop: 'user-stop', restart: 'user-restart' };
    if (life.dispatch(events[action])) return 'accepted';
    return action === 'start' ? 'not-startable' : 'not-restartable';
  }

  /** Resolves when nothing runs any more; each group waits for the later ones. */
  async shutDown(): Promise<void> {
    this.#phase = 'stopping';
    for (const { name } of [...this.#options.revision.groups].reverse()) {
      const members = this.lives.filter(({ model }) => model.group === name);
      await Promise.all(members.map((life) => this.#stopOne(life)));
    }
  }

  /** pv-core goes, the containers stay. */
  release(): void {
    this.#phase = 'stopping';
    for (const life of this.lives) life.release();
  }

  #life(container: ContainerModel): ContainerLife {
    const { revision, engines, volumes, places, clock, log, grace, onReboot } = this.#options;
    const group = revision.groups.find(({ name }) => name === container.group);
    if (group === undefined) throw new Error(`container ${container.name} has no group`);
    const engine = container.type === null ? undefined : engines.get(container.type);
    const stateDir = places.container(container.name).state;
    makeContainerDirs(container, revision.name, places);
    return new ContainerLife(container, group, {
      clock, log: log.for('platforms'), engine, grace,
      mount: () => volumes.mountAll(container),
      unmount: () => volumes.unmountAll(container.name),
      launch: async () => engine?.start(startSpec(container, revision.name, places)) ?? { kind: 'failed', reason: 'it has no engine' },
      remember: (memory) => {
        try {
          saveMemory(stateDir, { revision: revision.name, ...memory });
        } catch (error) {
          log.for('platforms').error(`what is known about platform '${container.name}' cannot be written down, for the next pv-core: ${(error as Error).message}`);
        }
      },
      changed: () => this.#changed(),
      reboot: (reason) => {
        if (this.#phase === 'running') onReboot(reason);
        else if (this.#phase === 'idle') this.#lost = reason;
      },
    });
  }

  async #takeUp(life: ContainerLife): Promise<void> {
    const { name } = life.model;
    const { places, revision } = this.#options;
    const memory = loadMemory(places.container(name).state, revision.name);
    const spec = { name, stateDir: places.container(name).engine };
    const found = (await life.deps.engine?.adopt(spec)) ?? { kind: 'none' as const };
    if (found.kind === 'running') return life.adopt(found.container, memory);
    await life.deps.engine?.sweep(spec);
    const ranBefore = memory !== undefined && ['STARTING', 'STARTED', 'READY', 'STOPPING'].includes(memory.status);
    if (found.kind === 'ended' && ranBefore) return life.learnEnd(found.end, memory);
    life.resume(memory);
  }

  #changed(): void {
    this.#options.onChange();
    if (this.#evaluating || this.#phase !== 'running') return;
    this.#evaluating = true;
    queueMicrotask(() => {
      this.#evaluating = false;
      this.#evaluate();
    });
  }

  #evaluate(): void {
    if (this.#phase !== 'running') return;
    const order = this.#options.revision.groups.map(({ name }) => name);
    const members = this.lives.map(({ member }) => member);
    for (const life of this.lives) {
      if (life.status === 'INSTALLED' || life.status === 'BLOCKED') life.dispatch(mayStart(life.model.group, order, members) ? 'unblock' : 'block');
    }
    this.report.update(this.lives.map(({ member }) => member));
  }

  async #stopOne(life: ContainerLife): Promise<void> {
    life.dispatch('shut-down');
    await life.settled();
  }
}
