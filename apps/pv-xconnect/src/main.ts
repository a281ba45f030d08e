/** pv-xconnect: makes the mesh between containers as pv-core's graph says. See docs/overview/mesh.md. */
import { systemClock, systemRandom, systemTimestamp } from '@pv/runtime/clock';
import { print } from '@pv/runtime/command-line';
import { parseConfig } from '@pv/runtime/config';
import { printable } from '@pv/runtime/log';
import { places } from '@pv/runtime/places';
import { startDaemon } from './daemon.ts';
import { openStore } from './handover/store.ts';
import { parseTestDevices } from './plugins/drm/policy.ts';
import { createLines } from './lines.ts';

declare const PV_VERSION: string | undefined;

const usage = `Usage: pv-xconnect [--help | --version]

Offers services of containers in other containers, as the graph says that pv-core computes from the manifests:
the same graph that "pvcontrol graph ls" shows. pv-core starts it, and starts it again when it ends.

Run by hand it manages the mesh in the foreground if nobody else does. Beside a running one it asks that one to
reconcile, prints the links as they are, and exits.

Environment:
  PV_SYSTEM_RUNDIR      run directory (default /run/pantavisor/pv)
  PV_XCONNECT_MANAGED   1: started by pv-core; beside another instance it only says so and exits 0
  PV_XCONNECT_LINGER    seconds without a byte after which a half-open session ends (default 60)
  PV_XCONNECT_STORE     two descriptors inherited from pv-core, for what outlives this process
  PV_XCONNECT_TEST_DEVICES
                        for tests: MAJOR:MINOR,... that drm links may hand out beside graphics devices

Signals:
  SIGTERM, SIGINT       takes every injected socket away again, then exits 0
  SIGUSR2               leaves sockets and sessions to the next instance (by PV_XCONNECT_STORE), then exits 0
`;

const exit = { ok: 0, failed: 1 } as const;

await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<void> {
  const [first] = args;
  if (first === '--help' || first === '-h') print('pv-xconnect', usage);
  else if (first === '--version' || first === '-V') print('pv-xconnect', `pv-xconnect ${typeof PV_VERSION === 'string' ? PV_VERSION : 'development'}\n`);
  else if (first === undefined) await run(process.env);
  else {
    process.stderr.write(`pv-xconnect: unknown argument '${printable(first)}'\nTry: pv-xconnect --help\n`);
    process.exitCode = exit.failed;
  }
}

async function run(env: NodeJS.ProcessEnv): Promise<void> {
  const lines = createLines();
  const { config, warnings } = parseConfig(undefined, env);
  for (const warning of warnings) lines.err(`pv-xconnect: ${warning}`);
  const { coreSocket, xconnectSocket } = places({ run: config.PV_SYSTEM_RUNDIR, storage: config.PV_STORAGE_MNTPOINT });
  // Directories made in a container are as this says; sockets are exact whatever it is.
  process.umask(0o022);
  const testDevices = parseTestDevices(config.PV_XCONNECT_TEST_DEVICES);
  if (testDevices.size > 0) lines.err(`pv-xconnect: PV_XCONNECT_TEST_DEVICES is set: containers may be given the devices ${[...testDevices].join(', ')}. It is for tests.`);
  const { PV_XCONNECT_STORE: described } = env;
  const store = openStore(described, (seconds, work) => systemClock.after(seconds, work));
  if (described !== undefined && store === undefined) lines.err(`pv-xconnect: PV_XCONNECT_STORE is '${printable(described)}', not two descriptors such as '3,4': nothing will outlive this process.`);
  const started = await startDaemon({
    coreSocket, ownSocket: xconnectSocket, managed: env['PV_XCONNECT_MANAGED'] === '1',
    pid: process.pid, lines, clock: systemClock, random: systemRandom, timestamp: systemTimestamp,
    store,
    workers: { relay: new URL('pv-xconnect.relay.mjs', import.meta.url), mount: new URL('pv-xconnect.mount.mjs', import.meta.url) },
    testDevices, lingerMs: config.PV_XCONNECT_LINGER * 1000,
    onFault: (error) => {
      lines.err(`pv-xconnect: the relay failed, so this instance ends: ${error.stack ?? String(error)}`);
      process.exit(exit.failed);
    },
  });
  if (started.kind === 'ended') {
    process.exitCode = started.ok ? exit.ok : exit.failed;
    return;
  }
  const stop = (): void => {
    lines.out('Caught an interrupt signal; terminating cleanly.');
    void started.stop().finally(() => process.exit(exit.ok));
  };
  const handOver = (): void => {
    lines.out('Caught SIGUSR2; leaving the mesh to the next instance.');
    void started.handOver().finally(() => process.exit(exit.ok));
  };
  process.once('SIGTERM', stop).once('SIGINT', stop).once('SIGUSR2', handOver);
}
