/**
 * Lets the real bus read a configuration before it is used: a running bus goes on with its old policy when the new one
 * is bad, and says so only in a log. The trial has a socket of its own, which nobody connects to; its path is
 * longer than the real one, so that one is not too long either.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Places } from '@pv/runtime/places';
import { baseConfigText } from './base-config.ts';
import { busCommand } from './command.ts';

export interface BusTexts {
  readonly policy: string;
  readonly passwd: string;
}

/** A bus that has not begun to listen by then is taken for one that never will. */
const patienceMs = 20_000;

/** Undefined: the bus accepts it. Else what it said. */
export async function tryBus({ policy, passwd }: BusTexts, places: Places): Promise<string | undefined> {
  const dir = join(places.hostedBus.dir, 'trial');
  const files = { socket: join(dir, 'system_bus_socket'), policy: join(dir, 'policy'), passwd: join(dir, 'passwd'), config: join(dir, 'config') };
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir);
  try {
    writeFileSync(files.policy, policy);
    writeFileSync(files.passwd, passwd);
    writeFileSync(files.config, baseConfigText(files));
    return await run(busCommand(files, places, ['--print-address']));
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function run([command = '', ...args]: readonly string[]): Promise<string | undefined> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], cwd: '/' });
  const seen = { listening: false, said: '' };
  const timer = setTimeout(() => child.kill('SIGKILL'), patienceMs);
  child.stdout.once('data', () => {
    seen.listening = true;
    child.kill('SIGTERM');
  });
  child.stderr.on('data', (text: Buffer) => {
    seen.said = `${seen.said}${text.toString()}`.slice(-2_000);
  });
  return new Promise((resolve) => {
    child.once('error', (error) => {
      clearTimeout(timer);
      resolve(error.message);
    });
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      resolve(seen.listening ? undefined : seen.said.trim() || `it ended with ${signal ?? `code ${code}`}`);
    });
  });
}
