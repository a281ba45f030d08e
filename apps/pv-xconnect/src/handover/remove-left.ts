/** Takes away what an earlier instance left, by the plugin that put it there. What fails is said, and costs nothing else. */
import { errorCode, messageOf } from '@pv/pv-native/errors';
import type { Lines } from '../lines.ts';
import type { Plugin } from '../plugins/plugin.ts';
import type { RemoveFile } from './keeper.ts';

/** The container ends at this moment, and all that was put into it with it. */
const ending = ['ENOENT', 'ESRCH', 'ENODEV'];

export function removeLeft(plugins: ReadonlyMap<string, Pick<Plugin, 'removeLeft'>>, lines: Pick<Lines, 'err'>): RemoveFile {
  return (file, consumer) => {
    try {
      plugins.get(file.type)?.removeLeft?.(file, consumer);
    } catch (error) {
      if (ending.includes(errorCode(error) ?? '')) return;
      lines.err(`pvx-${file.type}: ${file.target}, left by an earlier instance, cannot be taken from ${file.consumer}: ${messageOf(error)}`);
    }
  };
}
