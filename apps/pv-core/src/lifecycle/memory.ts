/**
 * What pv-core must still know about a container after it was killed itself. It counts until the next boot of the machine,
 * also where the run directory outlives that (in a container of Docker): its times are of that boot.
 * Written whole and renamed, so that a reader never sees half of it.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ContainerStatus, containerStatuses, type LastExit } from '@pv/contract/containers';

export type Completion = 'stay-stopped' | 'user-stopped' | 'restart';

export interface Memory {
  readonly revision: string;
  readonly status: ContainerStatus;
  readonly userStopped: boolean;
  readonly lastExit?: LastExit | undefined;
  readonly recoveryFailed: boolean;
  readonly completed: boolean;
  readonly retries: number;
  /** Seconds since boot. */
  readonly lastStart: number;
  /** Seconds since boot at which a retry is due. */
  readonly retryAt: number;
  /** What follows a stop that is under way. */
  readonly completion: Completion;
}

const file = 'supervision.json';

export function saveMemory(stateDir: string, memory: Memory): void {
  const path = join(stateDir, file);
  writeFileSync(`${path}.tmp`, JSON.stringify({ ...memory, boot: bootId() }), { mode: 0o600 });
  renameSync(`${path}.tmp`, path);
}

/** Undefined: nothing is known, or it belongs to another revision or boot. */
export function loadMemory(stateDir: string, revision: string): Memory | undefined {
  try {
    const memory = JSON.parse(readFileSync(join(stateDir, file), 'utf8')) as Memory & { readonly boot?: string };
    return memory.revision === revision && memory.boot === bootId() && containerStatuses.includes(memory.status) ? memory : undefined;
  } catch {
    return undefined;
  }
}

function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}
