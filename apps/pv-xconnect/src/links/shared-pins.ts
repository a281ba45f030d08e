/**
 * One pin for all links of a process: a container with thousands of links costs two descriptors, not two for each. What
 * is given out is a share, closed like a pin of its own; the process's descriptors go with the last share.
 */
import type { MeshRelay } from '../relay/mesh-relay.ts';
import type { Pin, PinContainer } from './pin.ts';

interface Shared {
  readonly pin: Pin;
  shares: number;
}

export function sharedPins(pinContainer: PinContainer): PinContainer {
  const pins = new Map<string, Shared>();
  return (pid, container) => {
    const key = `${pid} ${container}`;
    const known = pins.get(key);
    // Of one that has ended there may be shares left; they go on meaning that one, and the pid another.
    if (known?.pin.alive() === true) return { kind: 'pinned', pin: share(known, pins, key) };
    const result = pinContainer(pid, container);
    if (result.kind !== 'pinned') return result;
    const fresh: Shared = { pin: result.pin, shares: 0 };
    pins.set(key, fresh);
    return { kind: 'pinned', pin: share(fresh, pins, key) };
  };
}

function share(shared: Shared, pins: Map<string, Shared>, key: string): Pin {
  let open = true;
  shared.shares += 1;
  return {
    ...shared.pin,
    close: () => {
      if (!open) return;
      open = false;
      shared.shares -= 1;
      if (shared.shares > 0) return;
      shared.pin.close();
      if (pins.get(key) === shared) pins.delete(key);
    },
  };
}

/** Pins whose descriptors the relay's thread may still use when they are closed here: they go once it has been told of others. */
export function deferredClose(relay: Pick<MeshRelay, 'afterOrders'>, pinContainer: PinContainer): PinContainer {
  return (pid, container) => {
    const result = pinContainer(pid, container);
    if (result.kind !== 'pinned') return result;
    return { kind: 'pinned', pin: { ...result.pin, close: () => relay.afterOrders(() => result.pin.close()) } };
  };
}
