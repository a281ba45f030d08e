/**
 * npm start, once everything is built: boots the example containers on this machine's own namespaces, shows them, and
 * stops them again. Needs root. Leaves nothing behind, and says so loudly when it could not help it.
 */
import { existsSync, rmdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createClient } from '@pv/client/client';
import { exampleExports } from '@pv/testkit/example-exports';
import { difference, type Resources } from '@pv/testkit/resources';
import { tempRoot } from '@pv/testkit/temp-root';
import { startAppengine, type Appengine } from './appengine.ts';
import { picture, type Scene } from './picture.ts';
import { provenLinks } from './proof.ts';
import { traces } from './traces.ts';
import { farewell, usage, welcome } from './words.ts';

const project = resolve(import.meta.dirname, '../..');
const dist = join(project, 'dist');
const runParent = '/run/pantavisor';
const run = join(runParent, 'pv');
const readyMs = 60_000;

const options = parse();
if (options === undefined) process.exitCode = 2;
else if (options.help) console.log(usage);
else process.exitCode = await main(options.once);

function parse(): { help: boolean; once: boolean } | undefined {
  try {
    const { values } = parseArgs({ options: { once: { type: 'boolean', default: false }, help: { type: 'boolean', short: 'h', default: false } } });
    return values;
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`);
    return undefined;
  }
}

async function main(once: boolean): Promise<number> {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort());
  const socket = join(run, 'pv-ctrl');
  if (await isServed(socket)) return refuse(`a runtime answers on ${socket} already: stop it first (Ctrl-C where it runs)`);
  const { dir } = await exampleExports();
  const root = tempRoot('pv-start');
  const storage = join(root.path, 'storage');
  const look = (): Resources => traces({ own: [dist, root.path], directories: [runParent, '/var/lib/lxc'] });
  const before = look();
  const appengine = startAppengine({ dist, exportsDir: dir, run, storage });
  const failure = await session(appengine, { once, storage, socket, stop: stop.signal }).catch((error: unknown) => error);
  console.log('==> stopping');
  const status = await appengine.stop();
  root.remove();
  for (const made of [run, runParent].filter((path) => !before['files']?.includes(path))) removeEmpty(made);
  return report(failure, status, await leftOver(before, look));
}

interface Session {
  readonly once: boolean;
  readonly storage: string;
  readonly socket: string;
  readonly stop: AbortSignal;
}

/** Resolves when it is time to stop; rejects with the reason when something did not work. */
async function session(appengine: Appengine, { once, storage, socket, stop }: Session): Promise<void> {
  const stopped = new Promise<void>((resolve) => stop.addEventListener('abort', () => resolve()));
  console.log('==> booting');
  await Promise.race([appengine.ready(readyMs), stopped]);
  if (stop.aborted) return;
  const answers = await Promise.race([provenLinks(storage, readyMs), stopped]);
  if (answers === undefined) return;
  console.log(`\n${picture(await scene(socket), { unicode: canDraw() })}`);
  console.log(`  Through the mesh, and back:\n${answers.map((line) => `    ${line}\n`).join('')}`);
  if (once) return;
  console.log(welcome({ dist, run }));
  await Promise.race([stopped, appengine.ended.then((status) => Promise.reject(new Error(`pv-appengine ended by itself, with status ${status}`)))]);
}

async function scene(socketPath: string): Promise<Scene> {
  const client = createClient({ socketPath });
  const [containers, links] = await Promise.all([client.call('listContainers'), client.call('getGraph')]);
  if (containers.kind !== 'ok') throw new Error(`${socketPath} did not list the containers: ${JSON.stringify(containers)}`);
  if (links.kind !== 'ok') throw new Error(`${socketPath} did not give the graph: ${JSON.stringify(links)}`);
  return { containers: containers.value, links: links.value };
}

async function isServed(socketPath: string): Promise<boolean> {
  return existsSync(socketPath) && (await createClient({ socketPath }).call('listDaemons')).kind !== 'unreachable';
}

/** What is in it is reported as left behind, or is the work of another runtime that has begun meanwhile. */
function removeEmpty(directory: string): void {
  try {
    rmdirSync(directory);
  } catch (error) {
    if (!['ENOENT', 'ENOTEMPTY'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}

/** The kernel frees a loop device and reaps a process a moment after we are done with it. */
async function leftOver(before: Resources, look: () => Resources): Promise<readonly string[]> {
  const now = { left: difference(before, look()) };
  for (let tries = 0; tries < 50 && now.left.length > 0; tries++) {
    await delay(100);
    now.left = difference(before, look());
  }
  return now.left;
}

function canDraw(): boolean {
  const { LC_ALL, LC_CTYPE, LANG } = process.env;
  return /utf-?8/i.test(LC_ALL || LC_CTYPE || LANG || '');
}

function report(failure: unknown, status: number, left: readonly string[]): number {
  if (failure !== undefined) console.error(`FAILED: ${failure instanceof Error ? failure.message : String(failure)}`);
  if (status !== 0) console.error(`FAILED: pv-appengine ended with status ${status}`);
  if (left.length > 0) console.error(`FAILED: this run left something behind:\n${left.map((line) => `  ${line}`).join('\n')}`);
  if (failure !== undefined || status !== 0 || left.length > 0) return 1;
  console.log(farewell);
  return 0;
}

function refuse(message: string): number {
  console.error(`error: ${message}`);
  return 1;
}
