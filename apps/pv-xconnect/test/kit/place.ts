/** Everything that the program needs around it, but the program itself. */
import { join } from 'node:path';
import { tempDir } from './cleanup.ts';
import { startContainer, type Container } from './container.ts';
import { FakeCore } from './core.ts';
import { link } from './daemon.ts';
import { program, type Program } from './program.ts';
import { echo, serve } from './sockets.ts';

export const target = '/run/pv/services/raw.sock';

export interface Place {
  readonly run: string;
  readonly core: FakeCore;
  readonly consumer: Container;
  readonly provider: Container;
  start(env?: Readonly<Record<string, string>>): Program;
}

/** A run directory with a pv-core and an echo service, and nobody who makes the mesh yet. */
export async function place(): Promise<Place> {
  const run = tempDir();
  const core = new FakeCore(join(run, 'core', 'pv-core'));
  const [consumer, provider] = await Promise.all([startContainer('consumer'), startContainer('provider'), core.start()]);
  await serve(provider.at('/run/example/raw.sock'), echo);
  core.set([link(consumer, provider)]);
  return { run, core, consumer, provider, start: (env = {}) => program([], { PV_SYSTEM_RUNDIR: run, ...env }) };
}
