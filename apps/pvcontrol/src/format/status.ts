/** A container's or group's status with its tone. */
import type { ContainerStatus } from '@pv/contract/containers';
import type { Cell, Tone } from './table.ts';

const tones: Readonly<Record<ContainerStatus, Tone>> = {
  NONE: 'dim', INSTALLED: 'busy', MOUNTED: 'busy', BLOCKED: 'busy', STARTING: 'busy', STARTED: 'good', READY: 'good',
  RECOVERING: 'bad', STOPPING: 'busy', STOPPED: 'dim',
};

export function statusCell(status: ContainerStatus, goal: string): Cell {
  return { text: status, tone: status === goal ? 'good' : tones[status] };
}
