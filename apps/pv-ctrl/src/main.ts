/** pv-ctrl: the unprivileged door of the control API. Started by pv-core; see docs/man/pv-ctrl.md. */
import { parseArgs } from 'node:util';
import { systemClock } from '@pv/runtime/clock';
import { print, usageProblem } from '@pv/runtime/command-line';
import { parseConfig } from '@pv/runtime/config';
import { places } from '@pv/runtime/places';
import { openDoor } from './door.ts';
import { parseListenConfig } from './identity/listen-config.ts';
import { privilegeError, readPrivileges } from './identity/privileges.ts';
import { lineWriter } from './line-writer.ts';

declare const PV_VERSION: string | undefined;

const usage = `Usage: pv-ctrl [--help | --version]

The door of the control API: finds out who calls, checks and limits each request, and forwards it to pv-core.
It is started by pv-core, without root and without capabilities, on listening sockets that it inherits.

Environment:
  PV_CTRL_LISTEN      JSON array of {"fd":3,"caller":"<container> or _pv_","mgmt":true}: whose socket each descriptor is
  PV_SYSTEM_RUNDIR    run directory; pv-core's socket is core/pv-core in it (default /run/pantavisor/pv)
  PV_CTRL_ALLOW_ROOT  1: run even as root or with capabilities, for debugging only

Signals: SIGTERM and SIGINT finish what is in flight (5 s at most), then exit 0.
`;

const drainMs = 5_000;
const exit = { ok: 0, failed: 1, usage: 2 } as const;

await main();

async function main(): Promise<void> {
  const wanted = readArguments(process.argv.slice(2));
  if (wanted === 'help') print('pv-ctrl', usage);
  else if (wanted === 'version') print('pv-ctrl', `pv-ctrl ${typeof PV_VERSION === 'string' ? PV_VERSION : 'development'}\n`);
  else if (wanted === 'run') await run(process.env);
  else fail(wanted.problem, exit.usage);
}

function readArguments(args: string[]): 'help' | 'version' | 'run' | { problem: string } {
  try {
    const { values } = parseArgs({ args, options: { help: { type: 'boolean', short: 'h' }, version: { type: 'boolean', short: 'V' } } });
    if (values.help) return 'help';
    return values.version ? 'version' : 'run';
  } catch (error) {
    return { problem: `${usageProblem(error)}\nTry: pv-ctrl --help` };
  }
}

async function run(env: NodeJS.ProcessEnv): Promise<void> {
  const privileges = readPrivileges();
  const tooMuch = privilegeError(privileges);
  if (tooMuch !== undefined && env['PV_CTRL_ALLOW_ROOT'] !== '1') return fail(tooMuch);
  const listen = parseListenConfig(env['PV_CTRL_LISTEN']);
  if (listen.kind === 'error') return fail(listen.message);
  const { config } = parseConfig(undefined, env);
  const { coreSocket } = places({ run: config.PV_SYSTEM_RUNDIR, storage: config.PV_STORAGE_MNTPOINT });
  const log = lineWriter(process.stdout);
  const door = await openDoor({ listeners: listen.listeners, core: { path: coreSocket, clock: systemClock }, log }).catch((error: Error) => error.message);
  if (typeof door === 'string') return fail(door);
  const stop = (): void => void door.close(drainMs).then(() => process.exit(exit.ok));
  process.once('SIGTERM', stop).once('SIGINT', stop);
  const { uid, gid, capabilities } = privileges;
  log(`listening for ${listen.listeners.length} callers as uid ${uid}, gid ${gid}, capabilities 0x${capabilities.toString(16)}; forwarding to ${coreSocket}`);
}

function fail(problem: string, code: number = exit.failed): void {
  process.stderr.write(`pv-ctrl: ${problem}\n`, () => process.exit(code));
}
