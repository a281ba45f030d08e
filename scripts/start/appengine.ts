/** pv-appengine on this machine: its start, the wait for READY, its end. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { tree } from '@pv/testkit/box/project';
import { waitFor } from '@pv/testkit/wait-for';

export interface Settings {
  /** Holds bin/pv-appengine. */
  readonly dist: string;
  readonly exportsDir: string;
  readonly run: string;
  readonly storage: string;
}

export interface Appengine {
  /** Resolves when the revision is READY; rejects, with what the logs say, when it is not in time or pv-appengine ends. */
  ready(timeoutMs: number): Promise<void>;
  /** Its exit status. */
  readonly ended: Promise<number>;
  /** SIGTERM; resolves when it has ended. */
  stop(): Promise<number>;
}

/** In a session of its own, so that Ctrl-C reaches it through us alone; should we be killed, it is told to stop. */
export function startAppengine({ dist, exportsDir, run, storage }: Settings): Appengine {
  const child = spawn('setpriv', ['--pdeathsig', 'TERM', join(dist, 'bin', 'pv-appengine'), '--pvtx-dir', exportsDir], {
    env: { ...process.env, PV_SYSTEM_RUNDIR: run, PV_STORAGE_MNTPOINT: storage, PV_NODE: process.execPath, PV_WASMEDGE_ROOT: tree('wasmedge') },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const output: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => output.push(text));
  const ended = once(child, 'close').then(([code]) => (typeof code === 'number' ? code : 1));
  const log = (): string => readIfThere(join(storage, 'logs', '0', 'pantavisor', 'pantavisor.log'));
  const told = (): string => `${output.join('')}\n${alarming(log())}`;
  const isReady = (): boolean => {
    if (output.join('').includes('ended for a reboot')) throw new Error(`a container did not work, and the runtime starts all over\n${told()}`);
    return /state revision '0' status is now READY$/m.test(log());
  };
  return {
    ready: (timeoutMs) => Promise.race([
      waitFor(isReady, { what: 'the revision READY', timeoutMs, detail: told }).then(() => undefined),
      ended.then((status) => Promise.reject(new Error(`pv-appengine ended with status ${status} before READY\n${told()}`))),
    ]),
    ended,
    stop: () => {
      child.kill('SIGTERM');
      return ended;
    },
  };
}

/** What went wrong in a log, and how it ends. */
function alarming(log: string): string {
  const lines = log.trimEnd().split('\n');
  return lines.filter((line, at) => / (?:FATAL|ERROR|WARN)\t/.test(line) || at >= lines.length - 5).slice(-25).join('\n');
}

function readIfThere(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}
