/**
 * The `unix` type: a socket of the provider, offered in the consumer. No greeting and no identity: the provider sees
 * connections of pv-xconnect, and knows the consumer by the link alone.
 */
import { socketPlugin } from '../socket-link.ts';

export const unixPlugin = socketPlugin({
  type: 'unix',
  injecting: ({ target }, { pid }) => `pvx-unix: Injecting socket ${target} into pid ${pid}`,
  accepted: ({ name }, { pid }) => `pvx-unix: Accepted connection for service ${name} from pid ${pid}`,
});
