/**
 * The `unix` type: a stream socket of the provider, offered in the consumer. No greeting and no identity: the provider
 * sees connections of pv-xconnect, and knows the consumer by the link alone.
 */
import type { hostName } from '@pv/contract/names';
import type { GraphLink } from '../../graph/parse.ts';
import type { Pin } from '../../links/pin.ts';
import { placeSocket, type Placed } from '../../links/place.ts';
import { reachProvider } from '../../links/reach.ts';
import { createRelay, maxSessions } from '../../links/relay.ts';
import type { ActiveLink, Plugin, PluginContext } from '../plugin.ts';

const host = '_pv_' satisfies typeof hostName;

export const unixPlugin: Plugin = {
  type: 'unix',
  refusal(link) {
    if (link.provider === host) return 'the host itself provides no unix services';
    if (link.provider === link.consumer && link.target === link.socket) return 'its target is the very socket that it provides';
    return undefined;
  },
  establish(link, consumer, provider, context) {
    context.lines.out(`pvx-unix: Injecting socket ${link.target} into pid ${consumer.pid}`);
    const result = placeSocket(consumer.rootFd, link.target);
    if (result.kind === 'refused') return { kind: 'failed', reason: result.reason };
    return { kind: 'established', active: activate(link, consumer, provider, result.placed, context) };
  },
};

function activate(link: GraphLink, consumer: Pin, first: Pin, placed: Placed, context: PluginContext): ActiveLink {
  let provider: Pin | undefined = first;
  const { lines, clock, random } = context;
  const complaints = oncePerOutage(lines.err);
  const relay = createRelay(placed.fd, {
    clock,
    reach: () => reachProvider(() => provider, link.socket, { clock, random, own: placed.id }),
    onConnected: () => {
      complaints.over();
      lines.out(`pvx-unix: Accepted connection for service ${link.name} from pid ${consumer.pid}`);
    },
    onAbsent: (reason) => complaints.say(`Could not connect to provider socket ${link.socket} for ${link.consumer}/${link.name}: ${reason}`),
    onCrowded: () => complaints.say(`Too many connections for ${link.consumer}/${link.name}: at most ${maxSessions} at a time`),
  });
  return {
    sessions: () => relay.sessions(),
    intact: () => placed.intact(),
    useProvider: (next) => (provider = next),
    close: () => {
      relay.close();
      placed.remove();
    },
  };
}

/** Each complaint once, until things have been well again. */
function oncePerOutage(say: (text: string) => void): { say(text: string): void; over(): void } {
  const said = new Set<string>();
  return {
    say: (text) => {
      if (said.has(text)) return;
      said.add(text);
      say(text);
    },
    over: () => said.clear(),
  };
}
