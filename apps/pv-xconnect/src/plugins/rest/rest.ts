/**
 * The `rest` type: a provider's HTTP socket, offered in the consumer. Every request says who asks, in fields that only
 * pv-xconnect can write; what it does to the messages is in filter.ts.
 */
import { socketPlugin } from '../socket-link.ts';
import { restFilterKind, type RestSpec } from './filter.ts';

export const restPlugin = socketPlugin({
  type: 'rest',
  injecting: ({ target }, { pid }) => `pvx-rest: Injecting REST socket ${target} into pid ${pid}`,
  accepted: ({ name, consumer }, { pid }) => `pvx-rest: Accepted REST connection for service ${name} from ${consumer} (pid ${pid})`,
  route: ({ consumer, role, allow }) => ({ filter: { kind: restFilterKind, spec: { client: consumer, role, ...(allow === undefined ? {} : { allow }) } satisfies RestSpec } }),
});
