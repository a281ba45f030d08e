/** pv-appengine: the whole runtime on any Linux machine. See options.ts for its usage. */
import { parseConfig } from '@pv/runtime/config';
import { claimRunDirectory } from './instance.ts';
import { runLoop } from './loop.ts';
import { type Options, parseOptions, usage } from './options.ts';
import { createSay } from './say.ts';

declare const PV_VERSION: string;

const say = createSay(Date.now, (line) => process.stderr.write(line));
const parsed = parseOptions(process.argv.slice(2), process.env, import.meta.filename);

switch (parsed.kind) {
  case 'help': process.stdout.write(usage); break;
  case 'version': process.stdout.write(`pv-appengine ${PV_VERSION}\n`); break;
  case 'wrong':
    process.stderr.write(`pv-appengine: ${parsed.message}\n${usage}`);
    process.exitCode = 2;
    break;
  case 'run': process.exitCode = await main(parsed.options);
}

async function main(options: Options): Promise<number> {
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => stop.abort());
  const { config } = parseConfig(undefined, process.env);
  if (process.getuid?.() !== 0) return refuse('needs root: it mounts images and starts containers; run it with sudo');
  const claim = claimRunDirectory(config.PV_SYSTEM_RUNDIR, process.pid);
  if (claim.kind === 'taken') return refuse(`another pv-appengine (pid ${claim.pid}) runs with ${config.PV_SYSTEM_RUNDIR}: stop it, or set PV_SYSTEM_RUNDIR`);
  try {
    await install(options, config.PV_STORAGE_MNTPOINT);
    if (options.setupOnly) return 0;
    const node = [process.execPath, ...process.execArgv];
    return await runLoop({ options, node, env: process.env, say, now: () => performance.now(), stop: stop.signal });
  } catch (error) {
    return refuse((error as Error).message);
  } finally {
    claim.release();
  }
}

/** Loaded when needed only: it is much code for once in the life of a storage. */
async function install({ exportsDir }: Options, storage: string): Promise<void> {
  const { installFirstBoot } = await import('@pv/storage/first-boot');
  const result = await installFirstBoot({ storage, exportsDir });
  if (result.kind === 'already-installed') say.info(`${storage} is set up already`);
  else say.info(`first boot: installed ${result.exports.length === 0 ? 'nothing' : result.exports.join(', ')} as revision 0`);
}

function refuse(message: string): number {
  say.error(message);
  return 1;
}
