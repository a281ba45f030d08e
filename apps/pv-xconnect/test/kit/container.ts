/** A stand-in for a container that ends with its test. */
import { join } from 'node:path';
import { StandIn, type StandInOptions } from '@pv/testkit/mesh/stand-in';
import { onTestFinished } from 'vitest';
import { tempDir, uniqueName } from './cleanup.ts';

export type Container = StandIn;

export async function startContainer(stem: string, options: Pick<StandInOptions, 'init' | 'cgroup'> = {}): Promise<Container> {
  const container = new StandIn({ name: uniqueName(stem), root: join(tempDir(), 'root'), ...options });
  onTestFinished(() => container.remove());
  await container.start();
  return container;
}
