/**
 * What the types have in common that offer a socket of the provider as a socket in the consumer: placing it, having it
 * served by the relay, and the lines about it. A type of this kind is a `SocketType`, turned into a plugin by
 * `socketPlugin`. The kind of a filter or talk must be in relay-worker.ts, the plugin itself in daemon.ts.
 */
import type { RelayEvent, RelayLink, RelayProvider } from '@pv/pv-native/relay/link';
import { hostName } from '@pv/contract/grammar';
import type { GraphLink } from '../graph/parse.ts';
import { auditLine } from '@pv/contract/audit';
import type { Pin } from '../links/pin.ts';
import type { TakenOver } from '../handover/keeper.ts';
import { placeSocket } from '../links/place.ts';
import type { ActiveLink, Establish, Plugin, PluginContext } from './plugin.ts';

/** What a session needs that depends on the link, and on the provider's present process. */
export interface Route {
  readonly filter?: RelayLink['filter'];
  readonly connectAs?: RelayProvider['connectAs'];
}

export interface SocketType {
  readonly type: GraphLink['type'];
  /** Whether the host itself may provide it. */
  readonly fromHost?: boolean;
  /** The line before the socket is placed. */
  readonly injecting: (link: GraphLink, consumer: Pin) => string;
  readonly accepted: (link: GraphLink, consumer: Pin) => string;
  /** Asked for each process of the provider. A filter's kind must not change. Missing: bytes are copied as they come. */
  readonly route?: (link: GraphLink, provider: Pin, context: PluginContext) => Route;
  /** What each process of the provider is told before its first session. */
  readonly talk?: (link: GraphLink, consumer: Pin) => RelayLink['talk'];
}

export function socketPlugin(type: SocketType): Plugin {
  return {
    type: type.type,
    refusal(link) {
      if (link.provider === hostName && type.fromHost !== true) return `the host itself provides no ${type.type} services`;
      if (link.provider === link.consumer && link.target === link.socket) return 'its target is the very socket that it provides';
      return undefined;
    },
    establish: (link, consumer, provider, context) => establishSocket(type, link, consumer, provider, context),
  };
}

export function establishSocket(type: SocketType, link: GraphLink, consumer: Pin, provider: Pin, context: PluginContext): Establish {
  const inherited = context.keeper.takeOver(link, consumer);
  if (inherited !== undefined) {
    context.lines.out(`pvx-${type.type}: Taking over socket ${link.target} in pid ${consumer.pid}, with ${inherited.sessions.length} sessions`);
    return { kind: 'established', active: serve(type, link, consumer, provider, inherited, context) };
  }
  context.lines.out(type.injecting(link, consumer));
  const result = placeSocket(consumer, link.target, link.socket_type);
  if (result.kind === 'refused') return { kind: 'failed', reason: result.reason };
  return { kind: 'established', active: serve(type, link, consumer, provider, { placed: result.placed, sessions: [] }, context) };
}

function serve(type: SocketType, link: GraphLink, consumer: Pin, first: Pin, { placed, sessions }: TakenOver, context: PluginContext): ActiveLink {
  const routeTo = (provider: Pin): Route => type.route?.(link, provider, context) ?? {};
  const route = routeTo(first);
  const talk = type.talk?.(link, consumer);
  const served = context.relay.serve(
    {
      listenFd: placed.fd, socketType: link.socket_type ?? 'stream', path: link.socket,
      own: { dev: String(placed.id.dev), ino: String(placed.id.ino) }, ...(route.filter === undefined ? {} : { filter: route.filter }),
      ...(talk === undefined ? {} : { talk }),
    },
    asProvider(first, route),
    eventLines(type, link, consumer, context),
  );
  context.keeper.keep(link, consumer, placed);
  if (sessions.length > 0) served.resume(sessions);
  return {
    relayId: served.id,
    intact: () => placed.intact(),
    useProvider: (next) => served.useProvider(next === undefined ? undefined : asProvider(next, routeTo(next))),
    close: (drainMs) => {
      context.keeper.drop(link);
      served.remove(drainMs);
      placed.remove();
    },
  };
}

function asProvider({ rootFd, pidFd }: Pin, { filter, connectAs }: Route): RelayProvider {
  return { rootFd, pidFd, ...(connectAs === undefined ? {} : { connectAs }), ...(filter === undefined ? {} : { filterSpec: filter.spec }) };
}

/** Lines about what happens in the sessions: each complaint once, until things have been well again. */
function eventLines(type: SocketType, link: GraphLink, consumer: Pin, { lines }: PluginContext): (event: RelayEvent) => void {
  const said = new Set<string>();
  const { consumer: name, name: service, socket } = link;
  const complain = (text: string): void => {
    if (said.has(text)) return;
    said.add(text);
    lines.err(text);
  };
  return (event) => {
    switch (event.kind) {
      case 'accepted':
        said.clear();
        return lines.out(`${type.accepted(link, consumer)}${times(event.count)}`);
      case 'absent':
        return complain(`Could not connect to provider socket ${socket} for ${name}/${service}: ${event.text}`);
      case 'crowded':
        return complain(`Too many connections for ${name}/${service}: ${event.text}`);
      case 'failed':
        return complain(`A session of ${name}/${service} failed: ${event.text}`);
      case 'refused':
        return lines.err(`${auditLine(link, event.text)}${times(event.count)}`);
      case 'note':
        return lines.out(`pvx-${type.type}: ${name}/${service}: ${event.text}${times(event.count)}`);
    }
  };
}

function times(count: number): string {
  return count === 1 ? '' : ` (${count} times)`;
}
