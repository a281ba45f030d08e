import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { enteredBy } from '../src/lxc.ts';

test('of the children of an lxc-attach only those are its command that are in another pid namespace', async () => {
  const sleep = (seconds: number): string => `setpriv --pdeathsig KILL sleep ${seconds} &`;
  const parent = spawn('sh', ['-c', `${sleep(4322)} exec unshare --pid sh -c '${sleep(4323)} wait'`], { stdio: ['ignore', 'ignore', 'inherit'] });
  // Its children end with it.
  onTestFinished(async () => {
    const exit = once(parent, 'exit');
    if (parent.kill('SIGKILL')) await exit;
  });
  const commands = (): string[] => enteredBy(parent.pid ?? 0).map((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
  await expect.poll(commands).toEqual(['sleep\x004323\0']);
  for (const command of enteredBy(parent.pid ?? 0)) process.kill(command, 'SIGKILL');
  await expect.poll(commands).toEqual([]);
});
