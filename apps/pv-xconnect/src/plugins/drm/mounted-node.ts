/** A device node for a container with a user namespace of its own, whose kernel lets no node work that was made there. */
import { isCharDevice, isSame } from '../../links/files.ts';
import type { Pin } from '../../links/pin.ts';
import { mappedIds } from '../../mounts/mapped-ids.ts';
import { mountFile, type TakeMountSteps } from '../../mounts/mount-file.ts';
import type { Device } from './exported.ts';
import type { InjectResult } from './node.ts';

/** Owner and group are those users of the container that have the same numbers there as the node's with the provider. */
export function mountNode(takeSteps: TakeMountSteps, consumer: Pin, target: string, device: Device): InjectResult {
  const { rdev, mode } = device;
  const result = mountFile(takeSteps, {
    matches: (entry) => isCharDevice(entry.mode) && entry.rdev === rdev && !isSame(entry, device),
    step: (to, take) => take({ kind: 'device', device: rdev, mode: mode & 0o777, ...mappedIds(consumer.pid, device), ...to }),
  }, consumer, target);
  if ('refusal' in result) return result;
  const { id, ...mounted } = result.mounted;
  return { node: { ...mounted, left: { is: 'mount', dev: String(id.dev), ino: String(id.ino), rdev } } };
}
