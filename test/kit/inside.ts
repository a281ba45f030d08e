/** Reaches into a box from outside, without a process in it: for tests that ask often. Only for paths that our own programs made. */
import { createClient, type Client } from '@pv/client/client';
import type { Box } from '@pv/testkit/box/box';

/** The path by which the host knows a path of the box. */
export function pathInside(box: Box, path: string): string {
  const init = box.hostPid(1);
  if (init === undefined) throw new Error('the box has ended');
  return `/proc/${init}/root${path}`;
}

/** pv-ctrl, called from outside of the box. */
export function clientInside(box: Box): Client {
  return createClient({ socketPath: pathInside(box, '/run/pantavisor/pv/pv-ctrl') });
}
