/** A running LXC container: signals through a pinned process, the end through its monitor. */
import { constants } from 'node:os';
import type { ContainerEnd, ProcessId, RunningContainer, StartSpec } from '@pv/engine/engine';
import { type Pidfd, openPidfd } from '@pv/pv-native/pidfd';
import { readProcess } from '@pv/pv-native/process';
import { killGroup, removeGroups } from './cgroup.ts';
import type { MonitorWatch } from './monitor.ts';
import { recordedEnd } from './records.ts';

export interface Watched {
  readonly spec: Pick<StartSpec, 'name' | 'stateDir'>;
  readonly init: ProcessId;
  readonly watch: MonitorWatch;
  /** Name or number. */
  readonly halt: string;
}

export function runningContainer({ spec, init, watch, halt }: Watched): RunningContainer {
  const pinned = pin(init);
  const ended = watch.gone.then(async (): Promise<ContainerEnd> => {
    pinned?.close();
    const end = recordedEnd(spec.stateDir);
    // Usually the monitor has cleaned up; what a killed one leaves must not stay.
    const left = await removeGroups(spec.name);
    if (end !== undefined) return end;
    return { kind: 'unknown', reason: `its monitor ended without a record${left.length > 0 ? `, and left ${left.join(' ')}` : ''}` };
  });
  return {
    name: spec.name,
    init,
    ended,
    halt: () => void pinned?.signal(signalNumber(halt)),
    kill: async () => {
      pinned?.signal(constants.signals.SIGKILL);
      killGroup(spec.name);
    },
    release: () => watch.release(),
  };
}

/** SIGPWR for anything that is not a signal: LXC's own default. */
function signalNumber(text: string): number {
  const named = constants.signals[text as NodeJS.Signals] as number | undefined;
  const number = Number(text);
  return named ?? (Number.isInteger(number) && number > 0 && number < 65 ? number : constants.signals.SIGPWR);
}

/** Undefined: it has ended already, and perhaps another process has its pid. */
function pin(init: ProcessId): Pidfd | undefined {
  const pidfd = openPidfd(init.pid);
  if (pidfd !== undefined && readProcess(init.pid)?.startTime === init.startTime) return pidfd;
  pidfd?.close();
  return undefined;
}
