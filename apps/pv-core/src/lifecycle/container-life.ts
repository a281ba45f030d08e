/**
 * One container's life: holds its status, feeds events to the table of packages/state and turns the steps that the
 * table names into effects. Every decision is in the table or in a pure function; here is only their execution.
 * What a user asked for last always wins: a new event cancels the timers of older ones.
 */
import type { ContainerStatus, LastExit } from '@pv/contract/containers';
import type { ContainerEnd, Engine, RunningContainer } from '@pv/engine/engine';
import type { Clock } from '@pv/runtime/clock';
import type { Logger } from '@pv/runtime/log';
import { type Member, goalResult } from '@pv/state/goals';
import { life, type LifeEvent, type LifeStep } from '@pv/state/life';
import type { ContainerModel, GroupModel } from '@pv/state/model';
import type { Completion, Memory } from './memory.ts';
import { GoalTime } from './goal-time.ts';
import { endText, Recovery } from './recovery.ts';
import { Timers } from './timers.ts';

export interface LifeDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly engine: Engine | undefined;
  /** Seconds between the lenient signal and force. */
  readonly grace: number;
  mount(): void;
  unmount(): void;
  launch(): ReturnType<Engine['start']>;
  remember(memory: Omit<Memory, 'revision'>): void;
  /** Anything that others see has changed. */
  changed(): void;
  /** A container that nobody recovers takes the device with it. */
  reboot(reason: string): void;
}

export class ContainerLife {
  readonly model: ContainerModel;
  readonly group: GroupModel;
  readonly deps: LifeDeps;
  status: ContainerStatus = 'NONE';
  userStopped = false;
  lastExit: LastExit | undefined;
  /** How often its engine was asked to start it since this pv-core began. */
  starts = 0;
  readonly recovery: Recovery;
  readonly #timers: Timers;
  readonly #goalTime: GoalTime;
  #running: RunningContainer | undefined;
  #starting = false;
  #completion: Completion = 'stay-stopped';
  #startedAt = 0;
  readonly #settling: (() => void)[] = [];
  readonly #steps: Readonly<Record<LifeStep, () => void>>;

  constructor(model: ContainerModel, group: GroupModel, deps: LifeDeps) {
    this.model = model;
    this.group = group;
    this.deps = deps;
    this.#timers = new Timers(deps.clock);
    this.#goalTime = new GoalTime(model.name, group.timeout, deps);
    this.recovery = new Recovery(model, deps.clock, deps.log);
    this.#steps = {
      start: () => void this.#start(),
      'cancel-retry': () => this.#cancelAll(),
      halt: () => this.#halt(),
      kill: () => this.#kill(),
      unmount: () => this.#unmount(),
      recover: () => this.#recover(),
      complete: () => this.#complete(),
      'then-stay-stopped': () => void (this.#completion = 'stay-stopped'),
      'then-user-stopped': () => void (this.#completion = 'user-stopped'),
      'then-restart': () => void (this.#completion = 'restart'),
      'mark-user-stopped': () => this.#markUserStopped(),
      reset: () => this.#reset(),
    };
  }

  /** Init's pid, 0 while it does not run. */
  get pid(): number {
    return this.#running?.init.pid ?? 0;
  }

  get member(): Member {
    return {
      status: this.status, goal: this.model.statusGoal, group: this.model.group,
      excused: this.userStopped || (this.recovery.completed && this.status === 'STOPPED'),
      // For one that is given up nobody need wait.
      timedOut: this.#goalTime.timedOut || this.recovery.failed,
    };
  }

  /** False: the table refuses the event in this status. */
  dispatch(event: LifeEvent): boolean {
    const cell = life[this.status][event];
    if (cell.kind !== 'go') return cell.kind === 'ignore';
    this.#enter(cell.next);
    for (const step of cell.steps) this.#steps[step]();
    this.#remember();
    this.deps.changed();
    return true;
  }

  /** After a restart of pv-core: it ran all the time. */
  adopt(running: RunningContainer, memory: Memory | undefined): void {
    this.#restore(memory);
    this.deps.log.info(`adopted platform '${this.model.name}' with pid ${running.init.pid}`);
    this.#watch(running);
    const stopping = memory?.status === 'STOPPING';
    this.#enter(stopping ? 'STOPPING' : 'STARTED');
    if (stopping) this.#halt();
    else if (goalResult(this.member) !== 'achieved') this.#goalTime.begin();
    this.#remember();
  }

  /** After a restart of pv-core: it ended while nobody watched. */
  learnEnd(end: ContainerEnd, memory: Memory | undefined): void {
    this.#restore(memory);
    this.status = memory?.status ?? 'STARTED';
    this.#ended(end);
  }

  /** After a restart of pv-core, or at boot: it does not run. */
  resume(memory: Memory | undefined): void {
    this.#restore(memory);
    this.#unmount();
    const held = this.userStopped || this.recovery.failed || this.recovery.completed;
    this.#enter(held ? 'STOPPED' : memory?.status === 'RECOVERING' ? 'RECOVERING' : 'INSTALLED');
    if (this.status === 'RECOVERING') this.#armRetry(Math.max(0, this.recovery.retryAt - this.deps.clock.now()));
    this.#remember();
  }

  /** Resolves when it has no process, is not about to get one, and nothing of it is mounted. */
  async settled(): Promise<void> {
    while (this.#starting || this.#running !== undefined) await new Promise<void>((resolve) => this.#settling.push(resolve));
    if (this.status === 'MOUNTED') this.dispatch('shut-down');
  }

  /** pv-core goes, the container stays. */
  release(): void {
    this.#cancelAll();
    this.#running?.release();
  }

  #enter(next: ContainerStatus): void {
    if (next === this.status) return;
    this.status = next;
    this.deps.log.info(`platform '${this.model.name}' status is now ${next}`);
    if (goalResult(this.member) === 'achieved' && next === this.model.statusGoal) this.#goalReached();
  }

  async #start(): Promise<void> {
    if (this.#starting) return;
    this.#starting = true;
    const { log } = this.deps;
    const { name, statusGoal } = this.model;
    log.debug(`platform '${name}' from group '${this.group.name}' can be started now`);
    this.#startedAt = this.recovery.startNow();
    try {
      this.deps.mount();
      this.dispatch('mounted');
      if (statusGoal === 'MOUNTED' || this.deps.engine === undefined) return;
      this.#goalTime.begin();
      log.debug(`starting platform '${name}'`);
      this.starts += 1;
      this.dispatch('launching');
      const result = await this.deps.launch();
      if (result.kind === 'failed') return this.#startFailed(result.reason);
      log.debug(`started platform '${name}' with pid ${result.container.init.pid}`);
      this.#watch(result.container);
      this.dispatch('running');
    } catch (error) {
      this.#startFailed((error as Error).message);
    } finally {
      this.#starting = false;
      this.#settle();
    }
  }

  #startFailed(reason: string): void {
    this.deps.log.warn(`could not start platform '${this.model.name}': ${reason}`);
    this.lastExit = { kind: 'unknown', reason };
    // The start is over before what follows from it, a new start perhaps.
    this.#starting = false;
    this.recovery.cameUp = false;
    this.dispatch('start-failed');
  }

  #watch(running: RunningContainer): void {
    this.#running = running;
    this.recovery.cameUp = true;
    void running.ended.then((end) => {
      if (this.#running === running) this.#ended(end);
    });
  }

  #ended(end: ContainerEnd): void {
    this.#running = undefined;
    this.lastExit = end;
    const { log } = this.deps;
    if (this.status === 'STOPPING') log.debug(`platform '${this.model.name}' exited during lenient stop: ${endText(end)}`);
    else log.warn(`platform '${this.model.name}' ended: ${endText(end)}`);
    this.dispatch('ended');
    this.#settle();
  }

  #settle(): void {
    for (const resolve of this.#settling.splice(0)) resolve();
  }

  #halt(): void {
    this.#cancelAll();
    if (this.#running === undefined) return;
    this.deps.log.debug(`leniently stopping platform '${this.model.name}'`);
    this.#running.halt();
    this.#timers.arm('grace', this.deps.grace, () => this.dispatch('grace-over'));
  }

  #kill(): void {
    this.deps.log.warn(`platform '${this.model.name}' did not exit after lenient stop, force stopping`);
    this.deps.log.debug(`force stopping platform '${this.model.name}'`);
    this.#running?.kill().catch((error: unknown) => this.deps.log.error(`platform '${this.model.name}' cannot be killed: ${String(error)}`));
  }

  #unmount(): void {
    this.#timers.cancelAll();
    try {
      this.deps.unmount();
    } catch (error) {
      this.deps.log.error(`volumes of platform '${this.model.name}' could not be unmounted: ${(error as Error).message}`);
    }
  }

  #recover(): void {
    const outcome = this.recovery.decide(this.lastExit ?? { kind: 'unknown', reason: 'no record' });
    switch (outcome.kind) {
      case 'now': this.dispatch('retry-now'); return;
      case 'later': this.dispatch('retry-later'); this.#armRetry(outcome.seconds); return;
      case 'stay': return;
      case 'reboot': this.deps.reboot(outcome.reason);
    }
  }

  #armRetry(seconds: number): void {
    this.#goalTime.begin();
    this.#timers.arm('retry', seconds, () => {
      this.deps.log.info(`recovery timer finished for platform '${this.model.name}'. Restarting...`);
      this.dispatch('retry-due');
    });
  }

  #complete(): void {
    if (this.#completion === 'user-stopped') this.#markUserStopped();
    if (this.#completion === 'restart') this.dispatch('user-restart');
    this.#completion = 'stay-stopped';
  }

  #markUserStopped(): void {
    this.userStopped = true;
    this.#goalTime.end();
  }

  #reset(): void {
    this.userStopped = false;
    this.recovery.reset();
    this.#goalTime.end();
  }

  #cancelAll(): void {
    this.#timers.cancelAll();
    this.#goalTime.end();
  }

  #goalReached(): void {
    this.#goalTime.end();
    const took = Math.round(this.deps.clock.now() - this.#startedAt);
    const { timeout } = this.group;
    if (this.model.statusGoal !== 'MOUNTED' && this.#startedAt > 0) {
      const rest = took <= timeout ? `${timeout - took} secs till timeout` : `${took - timeout} secs over timeout`;
      this.deps.log.info(`platform '${this.model.name}' reached its status goal; took ${took} secs; ${rest} (of ${timeout})`);
    }
    if (this.model.recovery.stableTimeout > 0) this.#timers.arm('stable', this.model.recovery.stableTimeout, () => this.#stable());
  }

  #stable(): void {
    this.recovery.becomeStable();
    this.#remember();
    this.deps.changed();
  }

  #remember(): void {
    const { failed, completed, retries, lastStart, retryAt } = this.recovery;
    const { status, userStopped, lastExit } = this;
    this.deps.remember({ status, userStopped, lastExit, recoveryFailed: failed, completed, retries, lastStart, retryAt, completion: this.#completion });
  }

  #restore(memory: Memory | undefined): void {
    if (memory === undefined) return;
    ({ userStopped: this.userStopped, lastExit: this.lastExit, completion: this.#completion } = memory);
    this.recovery.restore(memory);
  }
}
