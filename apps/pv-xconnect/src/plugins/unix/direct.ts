/**
 * `"mode": "direct"`: the provider's socket itself, mounted into the consumer. No byte passes through here, and so none
 * is counted, and connections that are open when the link goes stay open: only new ones are prevented.
 */
import { errnoText, isExhausted, SystemError } from '@pv/pv-native/errors';
import { closeFd, statFd } from '@pv/pv-native/fd';
import { O_PATH, openInRoot } from '@pv/pv-native/openat';
import type { GraphLink } from '../../graph/parse.ts';
import { isSame, isSocket, type FileId } from '../../links/files.ts';
import type { Pin } from '../../links/pin.ts';
import { fileSource, mountFile, type TakeMountSteps } from '../../mounts/mount-file.ts';
import { type Announce, establishFile, type PlaceFile } from '../file-link.ts';
import type { Establish, PluginContext } from '../plugin.ts';

export function establishDirect(link: GraphLink, consumer: Pin, provider: Pin, context: PluginContext, takeSteps: TakeMountSteps): Establish {
  const { socket, target } = link;
  context.lines.out(`pvx-unix: Mounting socket ${socket} of ${link.provider} at ${target} of pid ${consumer.pid}`);
  const place = (from: Pin, announce: Announce): PlaceFile =>
    withSocket(from, socket, (fd, id): PlaceFile => {
      const left = { is: 'mount', dev: String(id.dev), ino: String(id.ino) } as const;
      announce(left);
      const result = mountFile(takeSteps, fileSource(fd, id, from), consumer, target);
      if ('refusal' in result) return result;
      const { intact, remove } = result.mounted;
      return { placed: { left, intact, remove, changed: (now) => changed(now, socket, id) } };
    });
  // A mount keeps the provider's file system from being freed, so it goes with the provider's process.
  return establishFile({ secondsBetweenLooks: 1, outlivesProvider: false, place }, link, consumer, provider, context);
}

function changed(provider: Pin, path: string, mounted: FileId): string | undefined {
  const now = withSocket(provider, path, (_fd, id) => ({ id }));
  if ('refusal' in now) return now.refusal;
  return isSame(now.id, mounted) ? undefined : `${path} of the provider is another socket now`;
}

/** Gives `work` the provider's socket, `O_PATH`, resolved inside its root; the reason when it is none. */
function withSocket<T>(provider: Pin, path: string, work: (fd: number, id: FileId) => T): T | { readonly refusal: string } {
  let fd: number;
  try {
    fd = openInRoot(provider.rootFd, path, O_PATH);
  } catch (error) {
    if (error instanceof SystemError && !isExhausted(error)) return { refusal: `${path} of the provider: ${errnoText(error.errno)}` };
    throw error;
  }
  try {
    const stat = statFd(fd);
    return isSocket(stat.mode) ? work(fd, stat) : { refusal: `${path} of the provider: it is not a socket` };
  } finally {
    closeFd(fd);
  }
}
