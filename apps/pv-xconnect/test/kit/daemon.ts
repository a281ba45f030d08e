/** The daemon within the test's own process, its lines kept, beside a fake pv-core. */
import { join } from 'node:path';
import { systemClock, systemTimestamp } from '@pv/runtime/clock';
import { waitFor } from '@pv/testkit/wait-for';
import { onTestFinished } from 'vitest';
import { startDaemon } from '../../src/daemon.ts';
import { Keeper } from '../../src/handover/keeper.ts';
import type { GraphLink } from '../../src/graph/parse.ts';
import { tempDir } from './cleanup.ts';
import type { Container } from './container.ts';
import { FakeCore } from './core.ts';
import { bundledWorkers } from './program.ts';

export interface TestDaemon {
  readonly core: FakeCore;
  readonly ownSocket: string;
  readonly out: string[];
  readonly err: string[];
  /** Resolves when stdout has a line with `text` that no earlier call has returned. */
  printed(text: string): Promise<string>;
  complained(text: string): Promise<string>;
  stop(): Promise<void>;
}

export async function runDaemon({ lingerMs = 60_000 }: { readonly lingerMs?: number } = {}): Promise<TestDaemon> {
  const run = tempDir();
  const core = new FakeCore(join(run, 'core', 'pv-core'));
  await core.start();
  const out: string[] = [];
  const err: string[] = [];
  const ownSocket = join(run, 'xconnect', 'pv-xconnect');
  const started = await startDaemon({
    coreSocket: core.path, ownSocket, managed: true, pid: process.pid,
    lines: { out: (line) => out.push(line), err: (line) => err.push(line) }, clock: systemClock, random: Math.random, timestamp: systemTimestamp,
    store: undefined, workers: await bundledWorkers(), testDevices: new Set(), lingerMs, onFault: (error) => err.push(String(error)),
  });
  if (started.kind !== 'running') throw new Error(err.join('\n'));
  const stop = once(() => started.stop());
  onTestFinished(stop);
  return { core, ownSocket, out, err, printed: nextLine(out), complained: nextLine(err), stop };
}

function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => (done ??= work());
}

function nextLine(lines: readonly string[]): (text: string) => Promise<string> {
  let seen = 0;
  return (text) =>
    waitFor(
      () => {
        const at = lines.findIndex((line, index) => index >= seen && line.includes(text));
        if (at < 0) return undefined;
        seen = at + 1;
        return lines[at];
      },
      { what: `the line ${JSON.stringify(text)}`, detail: () => lines.join('\n') },
    );
}

/** For links that leave nothing to another instance. */
export function withoutStore(): Keeper {
  return new Keeper(undefined, () => undefined);
}

type Peer = Pick<Container, 'name' | 'pid'>;

/** A unix link between two containers. */
export function link(consumer: Peer, provider: Peer, more: Partial<GraphLink> = {}): GraphLink {
  return {
    type: 'unix', name: 'raw', consumer: consumer.name, provider: provider.name, role: 'client', socket: '/run/example/raw.sock',
    interface: '/run/pv/services/raw.sock', target: '/run/pv/services/raw.sock', consumer_pid: consumer.pid, provider_pid: provider.pid, ...more,
  };
}
