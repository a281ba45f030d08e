/**
 * The whole runtime in a box: pv-appengine from `dist`, on the box's own /run/pantavisor/pv and /var/pantavisor/storage.
 * A second boot in the same box finds the storage of the first. `dist` must be built.
 */
import { copyFileSync, linkSync, mkdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { waitFor } from '../wait-for.ts';
import type { Box } from './box.ts';
import { program, tree } from './project.ts';

export interface BootOptions {
  /** Files to install at first boot; none when not given. */
  readonly exports?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** More arguments for pv-appengine. */
  readonly args?: readonly string[];
  /** Milliseconds until the revision must be READY; 0: do not wait for it. 60 s when not given. */
  readonly readyWithinMs?: number;
}

export interface Appengine {
  /** pv-appengine's own outputs until now. */
  output(): string;
  /** Waits for a text in pantavisor.log. `times`: how often it must be there. */
  waitForLog(text: string | RegExp, times?: number): Promise<void>;
  /** Its exit status. */
  readonly ended: Promise<number>;
  /** Ends it as a user does, by SIGTERM; its exit status. */
  stop(): Promise<number>;
}

export async function bootAppengine(box: Box, options: BootOptions = {}): Promise<Appengine> {
  const { exports = [], env = {}, args = [], readyWithinMs = 60_000 } = options;
  const exportsDir = join(box.dir, 'pvtx.d');
  fill(exportsDir, exports);
  const running = await box.background([program('pv-appengine'), '--pvtx-dir', exportsDir, ...args], { PV_WASMEDGE_ROOT: tree('wasmedge'), ...env });
  const detail = (): string => `${running.output()}\n${box.log() ?? 'no pantavisor.log'}`;
  const waitForLog = async (text: string | RegExp, times = 1, timeoutMs = 30_000): Promise<void> => {
    const done = (): boolean => (box.log() ?? '').split('\n').filter((line) => (typeof text === 'string' ? line.includes(text) : text.test(line))).length >= times;
    await waitFor(done, { what: `${times} times ${String(text)} in pantavisor.log`, timeoutMs, detail });
  };
  if (readyWithinMs > 0) await Promise.race([waitForLog(/state revision '.*' status is now READY$/, 1, readyWithinMs), early(running.ended, detail)]);
  return {
    output: running.output,
    waitForLog,
    ended: running.ended,
    stop: async () => {
      process.kill(running.hostPid, 'SIGTERM');
      const status = running.ended.then((code) => ({ code }));
      return (await waitFor(() => Promise.race([status, delay(50, undefined)]), { what: 'the end of pv-appengine', timeoutMs: 60_000, detail })).code;
    },
  };
}

async function early(ended: Promise<number>, detail: () => string): Promise<never> {
  throw new Error(`pv-appengine ended with ${await ended} before READY\n${detail()}`);
}

function fill(dir: string, files: readonly string[]): void {
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir);
  for (const file of files) {
    try {
      linkSync(file, join(dir, basename(file)));
    } catch {
      copyFileSync(file, join(dir, basename(file))); // another file system
    }
  }
}
