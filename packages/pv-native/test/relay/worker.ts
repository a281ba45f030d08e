/** The relay's thread with filters for tests. */
import { workerData } from 'node:worker_threads';
import type { MakeFilter } from '../../src/relay/filter.ts';
import type { RelayWorkerData } from '../../src/relay/relay.ts';
import { runRelayThread } from '../../src/relay/thread.ts';

/** Upper case to the provider; answers itself when there is none. */
const loud: MakeFilter = (_spec, out) => ({
  onData: (from, bytes, fds) => out.send(from === 'consumer' ? 'provider' : 'consumer', from === 'consumer' ? Buffer.from(Buffer.from(bytes).toString().toUpperCase()) : bytes, fds),
  onAbsent: (cause, reason) => {
    out.send('consumer', Buffer.from(`${cause}: ${reason}`));
    out.finish();
  },
});

const faulty: MakeFilter = () => ({
  onData: () => {
    throw new Error('a fault in the filter');
  },
});

/** A greeting to both, then blind copying. */
const greeter: MakeFilter = (spec, out) => ({
  onConnected: () => out.send('provider', Buffer.from(String(spec))),
  onData: (_from, bytes, fds) => {
    out.send('provider', bytes, fds);
    out.passThrough();
  },
});

runRelayThread({ ...(workerData as RelayWorkerData), filters: new Map([['loud', loud], ['faulty', faulty], ['greeter', greeter]]) });
