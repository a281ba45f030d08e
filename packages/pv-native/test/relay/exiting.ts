/** A process that ends while its relay's thread waits in the kernel: as its argument says. */
import { Relay } from '../../src/relay/relay.ts';

const fault = (error: Error): void => {
  throw error;
};
const relay = new Relay({ worker: new URL('relay.mjs', import.meta.url), lingerMs: 60_000, onEvent: () => undefined, onFault: fault });
// The thread is in its loop once it has answered.
await relay.counters();
if (process.argv[2] === 'exit') process.exit(7);
if (process.argv[2] === 'throw') throw new Error('thrown on purpose');
