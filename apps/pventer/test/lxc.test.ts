import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { enteredBy } from '../src/lxc.ts';

test('of the children of an lxc-attach only those are its command that are in another pid namespace', async () => {
  const parent = spawn('sh', ['-c', 'sleep 4322 & echo $!; exec unshare --pid sh -c "sleep 4323 & echo up; wait"'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const { pid = 0 } = parent;
  const said: string[] = [];
  for await (const chunk of parent.stdout) if (said.push(String(chunk)) > 0 && said.join('').includes('up')) break;
  const helper = Number.parseInt(said.join(''), 10);
  const [command = 0, ...more] = enteredBy(pid);
  const line = readFileSync(`/proc/${command}/cmdline`, 'utf8');
  for (const started of [command, helper]) process.kill(started, 'SIGKILL');
  await once(parent, 'exit');
  expect(line).toMatch(/sleep.4323/);
  expect(more).toEqual([]);
  expect(enteredBy(pid)).toEqual([]);
});
