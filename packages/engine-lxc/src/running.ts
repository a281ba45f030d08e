/** A running LXC container: signals through a pinned process, the end through its monitor. */
import { constants } from 'node:os';
import type { ContainerEnd, ProcessId, RunningContainer, StartSpec } from '@pv/engine/engine';
import type { Watch } from '@pv/engine/watch';
import { type Pidfd, openPidfd } from '@pv/pv-native/pidfd';
import { readProcess } from '@pv/pv-native/process';
import { killGroup, killMonitor, removeGroups } from './cgroup.ts';
import { monitorGone } from './monitor.ts';
import { recordedEnd, recordedMonitor, recordKill } from './records.ts';
import { signalNumber } from './signals.ts';

export interface Watched {
  readonly spec: Pick<StartSpec, 'name' | 'stateDir'>;
  readonly init: ProcessId;
  readonly watch: Watch;
  /** Name or number. */
  readonly halt: string;
}

export function runningContainer({ spec, init, watch, halt }: Watched): RunningContainer {
  const pinned = pin(init);
  const ended = watch.gone.then(async (): Promise<ContainerEnd> => {
    pinned.close();
    await settle(spec);
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
    halt: () => pinned.signal(signalNumber(halt)),
    kill: async () => {
      // After the end the name may be a later run's.
      if (!pinned.held()) return;
      try {
        recordKill(spec.stateDir);
      } catch {
        // A full tmpfs: how it ended may be told wrongly then, but it ends.
      }
      pinned.signal(constants.signals.SIGKILL);
      killGroup(spec.name);
    },
    release: () => {
      pinned.close();
      watch.release();
    },
  };
}

/** Until the monitor has written its record and gone; one that hangs is killed. */
export async function settle({ name, stateDir }: Pick<StartSpec, 'name' | 'stateDir'>): Promise<void> {
  if (!(await monitorGone(recordedMonitor(stateDir)))) killMonitor(name);
}

interface Pinned {
  /** False after the end, and once released. */
  held(): boolean;
  signal(number: number): void;
  close(): void;
}

/** Init, as long as we watch it; afterwards the descriptor's number may mean something else. */
function pin(init: ProcessId): Pinned {
  const held = { open: true, pidfd: open(init) };
  return {
    held: () => held.open,
    signal: (number) => void held.pidfd?.signal(number),
    close: () => {
      held.pidfd?.close();
      held.pidfd = undefined;
      held.open = false;
    },
  };
}

/** Undefined: it has ended already, and perhaps another process has its pid. */
function open(init: ProcessId): Pidfd | undefined {
  const pidfd = openPidfd(init.pid);
  if (pidfd !== undefined && readProcess(init.pid)?.startTime === init.startTime) return pidfd;
  pidfd?.close();
  return undefined;
}
