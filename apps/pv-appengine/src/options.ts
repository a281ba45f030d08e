/** Command line and environment of pv-appengine. */
import { parseArgs } from 'node:util';
import { usageProblem } from '@pv/runtime/command-line';
import { printable } from '@pv/runtime/log';

export interface Options {
  /** `-m`: set the storage up and end. */
  readonly setupOnly: boolean;
  /** Seconds between a reboot and the next start. */
  readonly restartDelay: number;
  readonly exportsDir: string;
  /** The user named that directory, so it must be there. */
  readonly exportsRequired: boolean;
}

export type Parsed = { readonly kind: 'run'; readonly options: Options } | { readonly kind: 'help' | 'version' } | { readonly kind: 'wrong'; readonly message: string };

export const usage = `Usage: pv-appengine [options]

Runs Pantavisor's runtime on any Linux machine, or in a container: seeds the storage at first boot with the
exports of a directory, then runs pv-core, again and again.

  -d SECONDS        pause between a reboot and the next start (default 5)
  -m                set up the storage, then end
  --pvtx-dir DIR    directory with *.tgz exports (default /usr/lib/pantavisor/pvtx.d, or PV_PVTXD)
  -h, --help        show this
  --version         show the version

Environment: PV_SYSTEM_RUNDIR, PV_STORAGE_MNTPOINT and the other PV_ keys are handed to pv-core;
PV_CORE names another pv-core program than the one beside pv-appengine.
Exit codes: 0 stopped by a signal or powered off, 1 cannot run (the reason is on stderr), 2 wrong usage.
`;

export function parseOptions(args: readonly string[], env: Readonly<Record<string, string | undefined>>): Parsed {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        d: { type: 'string', short: 'd' }, m: { type: 'boolean', short: 'm' }, 'pvtx-dir': { type: 'string' },
        help: { type: 'boolean', short: 'h' }, version: { type: 'boolean' },
      },
    });
    if (values.help === true) return { kind: 'help' };
    if (values.version === true) return { kind: 'version' };
    const delay = values.d ?? '5';
    if (!/^\d{1,5}$/.test(delay)) return { kind: 'wrong', message: `-d '${printable(delay)}' is not a number of seconds, 99999 at most` };
    const named = values['pvtx-dir'] ?? (env['PV_PVTXD'] || undefined);
    return {
      kind: 'run',
      options: { setupOnly: values.m === true, restartDelay: Number(delay), exportsDir: named ?? '/usr/lib/pantavisor/pvtx.d', exportsRequired: named !== undefined },
    };
  } catch (error) {
    return { kind: 'wrong', message: usageProblem(error) };
  }
}
