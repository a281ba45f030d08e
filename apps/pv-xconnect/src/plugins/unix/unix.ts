/**
 * The `unix` type: a socket of the provider, offered in the consumer. No greeting and no identity: the provider sees
 * connections of pv-xconnect, and knows the consumer by the link alone.
 */
import { removeMount, type TakeMountSteps } from '../../mounts/mount-file.ts';
import type { Plugin } from '../plugin.ts';
import { socketPlugin } from '../socket-link.ts';
import { establishDirect } from './direct.ts';

const relayed = socketPlugin({
  type: 'unix',
  injecting: ({ target }, { pid }) => `pvx-unix: Injecting socket ${target} into pid ${pid}`,
  accepted: ({ name }, { pid }) => `pvx-unix: Accepted connection for service ${name} from pid ${pid}`,
});

export function unixPlugin(takeSteps: TakeMountSteps): Plugin {
  return {
    ...relayed,
    removeLeft: ({ target, left }, consumer) => removeMount(takeSteps, consumer, target, left),
    establish: (link, consumer, provider, context) =>
      link.mode === 'direct' ? establishDirect(link, consumer, provider, context, takeSteps) : relayed.establish(link, consumer, provider, context),
  };
}
