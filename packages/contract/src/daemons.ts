/** `/daemons`: spec control-api 2.4. */
import * as z from 'zod/mini';
import { DaemonName } from './names.ts';

export const Daemon = z.object({
  name: DaemonName,
  /** Above 0: running. 0: not running, may be respawned. -1: ended, respawn off. */
  pid: z.number(),
  respawn: z.boolean(),
});
export type Daemon = z.infer<typeof Daemon>;

export const DaemonAction = z.enum(['start', 'stop', 'restart']);
export type DaemonAction = z.infer<typeof DaemonAction>;
