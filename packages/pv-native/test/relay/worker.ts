/** The relay's thread with filters and a talk for tests. */
import { workerData } from 'node:worker_threads';
import { closeFd } from '../../src/fd.ts';
import { listenHidden } from '../../src/hidden-socket.ts';
import type { MakeFilter, Side } from '../../src/relay/filter.ts';
import type { RelayWorkerData } from '../../src/relay/relay.ts';
import type { MakeTalk } from '../../src/relay/talk.ts';
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

const other = (side: Side): Side => (side === 'consumer' ? 'provider' : 'consumer');

/** Copies through one buffer, that of all sessions. */
const shared = Buffer.alloc(256 * 1024);
const sharing: MakeFilter = (_spec, out) => ({
  onData: (from, bytes, fds) => {
    shared.set(bytes);
    out.send(other(from), shared.subarray(0, bytes.length), fds);
  },
});

/** So many bytes for the consumer when the provider says something, and that is all. */
const brief: MakeFilter = (spec, out) => ({
  onData: (from) => {
    if (from === 'consumer') return;
    out.send('consumer', Buffer.alloc(Number(spec), 'a'));
    out.finish();
  },
});

/** Refuses whatever comes. */
const strict: MakeFilter = (_spec, out) => ({ onData: (_from, bytes) => out.refused(Buffer.from(bytes).toString()) });

/** Knocks with a listening socket, and does as it is told: `yes`, `no`, `never`; what else it hears is a fault. `spec`: a directory. */
const doorman: MakeTalk = (spec, out) => {
  const { listenFd, pathFd } = listenHidden(String(spec), 256);
  out.send(Buffer.from('knock'), [listenFd]);
  return {
    onData: (bytes) => {
      const heard = Buffer.from(bytes).toString();
      if (heard === 'yes') out.agreed(pathFd, 'a door');
      else if (heard === 'no') out.agreed(undefined, 'no door');
      else if (heard === 'never') out.failed('never');
      else if (!/^x+$/.test(heard)) throw new Error('a fault in the talk');
    },
    close: () => closeFd(pathFd),
  };
};

runRelayThread({ ...(workerData as RelayWorkerData), filters: new Map([['loud', loud], ['faulty', faulty], ['greeter', greeter], ['sharing', sharing], ['brief', brief], ['strict', strict]]), talks: new Map([['doorman', doorman]]) });
