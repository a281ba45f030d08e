/**
 * The `wayland` type: a compositor's socket, offered in the consumer. Bytes and descriptors are copied as they come;
 * only a link whose provider hides globals has its messages read. The compositor sees connections of pv-xconnect, and is
 * told whose they are if it wants to know, unless the provider trusts its consumers.
 */
import type { Plugin } from '../plugin.ts';
import { socketPlugin } from '../socket-link.ts';
import { waylandFilterKind, type WaylandSpec } from './filter.ts';
import { securityContextKind, type SecurityContextSpec } from './security-context.ts';

/** `directory`: of this instance alone. */
export function waylandPlugin(directory: string): Plugin {
  return socketPlugin({
    type: 'wayland',
    injecting: ({ target }, { pid }) => `pvx-wayland: Injecting Wayland socket ${target} into pid ${pid}`,
    accepted: ({ name }, { pid }) => `pvx-wayland: Accepted Wayland connection for ${name} from pid ${pid}`,
    route: ({ hide = [] }) => (hide.length === 0 ? {} : { filter: { kind: waylandFilterKind, spec: { hide } satisfies WaylandSpec } }),
    talk: ({ consumer, trusted }, { pid }) =>
      trusted === true ? undefined : { kind: securityContextKind, spec: { directory, appId: consumer, instanceId: String(pid) } satisfies SecurityContextSpec },
  });
}
