/**
 * The life of a container as data (spec state-engine 2.1, 2.3, 2.9): for each status and event, the next status
 * and the steps to take. A missing cell does not compile; a test walks every cell. An executor in pv-core turns
 * steps into effects. Groups' updates and the READY signal add events, not another engine.
 */
import type { ContainerStatus } from '@pv/contract/containers';

export const lifeEvents = [
  /** Its group may start now. */
  'unblock',
  /** An earlier group has not achieved its goals. */
  'block',
  /** Its volumes are mounted. */
  'mounted',
  /** The engine was asked to start it. */
  'launching',
  /** Init runs. */
  'running',
  /** The start did not come to a running init. */
  'start-failed',
  /** Init has ended. */
  'ended',
  /** It outlived the grace time of a lenient stop. */
  'grace-over',
  /** The recovery policy wants a new start: now, or after a pause, which is then over. */
  'retry-now', 'retry-later', 'retry-due',
  'user-start', 'user-stop', 'user-restart',
  /** The whole revision stops. */
  'shut-down',
] as const;
export type LifeEvent = (typeof lifeEvents)[number];

export type LifeStep =
  /** Run the start sequence: mount, then launch. */
  | 'start'
  | 'cancel-retry'
  /** Send the lenient signal, and arm the grace timer. */
  | 'halt'
  | 'kill'
  | 'unmount'
  /** Ask the recovery policy what to do about the end. */
  | 'recover'
  /** The stop that was asked for is complete: do what was to follow it. */
  | 'complete'
  /** What follows the stop. */
  | 'then-stay-stopped' | 'then-user-stopped' | 'then-restart'
  | 'mark-user-stopped'
  /** Forget user stop, retries and recovery failure. */
  | 'reset';

export type LifeCell =
  | { readonly kind: 'go'; readonly next: ContainerStatus; readonly steps: readonly LifeStep[] }
  | { readonly kind: 'ignore' }
  | { readonly kind: 'refuse' };

const go = (next: ContainerStatus, ...steps: LifeStep[]): LifeCell => ({ kind: 'go', next, steps });
const ignore: LifeCell = { kind: 'ignore' };
const refuse: LifeCell = { kind: 'refuse' };

type Row = Readonly<Record<LifeEvent, LifeCell>>;

/** What can happen to a container that has no process: nothing from the engine, everything from the user. */
const idle: Row = {
  unblock: ignore, block: ignore, mounted: ignore, launching: ignore, running: ignore, 'start-failed': ignore, ended: ignore,
  'grace-over': ignore, 'retry-now': ignore, 'retry-later': ignore, 'retry-due': ignore, 'user-start': ignore, 'user-stop': ignore, 'user-restart': ignore, 'shut-down': ignore,
};

/** Not yet started: the user can forbid the start, not ask for it. */
const beforeStart: Row = {
  ...idle,
  'user-start': refuse,
  'user-restart': refuse,
  'user-stop': go('STOPPED', 'unmount', 'mark-user-stopped'),
  'shut-down': go('STOPPED', 'unmount'),
};

/** Init runs, or is about to. */
const alive: Row = {
  ...idle,
  ended: go('STOPPED', 'unmount', 'recover'),
  'start-failed': go('STOPPED', 'unmount', 'recover'),
  'user-stop': go('STOPPING', 'then-user-stopped', 'halt'),
  'user-restart': go('STOPPING', 'then-restart', 'halt'),
  'shut-down': go('STOPPING', 'then-stay-stopped', 'halt'),
};

export const life: Readonly<Record<ContainerStatus, Row>> = {
  NONE: { ...beforeStart, 'user-stop': go('STOPPED', 'mark-user-stopped') },
  INSTALLED: { ...beforeStart, unblock: go('INSTALLED', 'start'), block: go('BLOCKED'), mounted: go('MOUNTED'), 'start-failed': go('STOPPED', 'unmount', 'recover') },
  BLOCKED: { ...beforeStart, unblock: go('BLOCKED', 'start'), mounted: go('MOUNTED'), 'start-failed': go('STOPPED', 'unmount', 'recover') },
  MOUNTED: { ...beforeStart, launching: go('STARTING'), 'start-failed': go('STOPPED', 'unmount', 'recover') },
  STARTING: { ...alive, running: go('STARTED') },
  STARTED: alive,
  READY: alive,
  RECOVERING: {
    ...idle,
    'retry-due': go('INSTALLED'),
    'user-start': go('INSTALLED', 'cancel-retry', 'reset'),
    'user-restart': go('INSTALLED', 'cancel-retry', 'reset'),
    'user-stop': go('STOPPED', 'cancel-retry', 'mark-user-stopped'),
    'shut-down': go('STOPPED', 'cancel-retry'),
  },
  STOPPING: {
    ...idle,
    // The launch that was under way when the stop came: now there is somebody to stop.
    running: go('STOPPING', 'halt'),
    'start-failed': go('STOPPED', 'unmount', 'complete'),
    ended: go('STOPPED', 'unmount', 'complete'),
    'grace-over': go('STOPPING', 'kill'),
    'user-start': go('STOPPING', 'then-restart'),
    'user-restart': go('STOPPING', 'then-restart'),
    'user-stop': go('STOPPING', 'then-user-stopped'),
    'shut-down': go('STOPPING', 'then-stay-stopped'),
  },
  STOPPED: {
    ...idle,
    'retry-now': go('INSTALLED'),
    'retry-later': go('RECOVERING'),
    'user-start': go('INSTALLED', 'reset'),
    'user-restart': go('INSTALLED', 'reset'),
    'user-stop': go('STOPPED', 'mark-user-stopped'),
  },
};
