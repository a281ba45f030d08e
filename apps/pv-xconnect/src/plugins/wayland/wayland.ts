/**
 * The `wayland` type: a compositor's socket, offered in the consumer. Bytes and descriptors are copied as they come;
 * only a link whose provider hides globals has its messages read. The compositor sees connections of pv-xconnect.
 */
import { socketPlugin } from '../socket-link.ts';
import { waylandFilterKind, type WaylandSpec } from './filter.ts';

export const waylandPlugin = socketPlugin({
  type: 'wayland',
  injecting: ({ target }, { pid }) => `pvx-wayland: Injecting Wayland socket ${target} into pid ${pid}`,
  accepted: ({ name }, { pid }) => `pvx-wayland: Accepted Wayland connection for ${name} from pid ${pid}`,
  route: ({ hide = [] }) => (hide.length === 0 ? {} : { filter: { kind: waylandFilterKind, spec: { hide } satisfies WaylandSpec } }),
});
