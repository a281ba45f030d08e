/** A process whose relay's thread waits in epoll_wait can end, in each of its ways. */
import { spawn } from 'node:child_process';
import { waitFor } from '@pv/testkit/wait-for';
import { expect, onTestFinished, test } from 'vitest';
import { bundleRelay, exiting } from './kit.ts';

bundleRelay();

test.each([
  ['process.exit', 'exit', 7],
  ['an exception that nobody catches', 'throw', 1],
  ['having nothing more to do', 'nothing', 0],
])('a process with a relay ends by %s', async (_what, argument, code) => {
  const child = spawn(process.execPath, [exiting, argument], { stdio: 'ignore' });
  onTestFinished(() => void child.kill('SIGKILL'));
  await waitFor(() => child.exitCode !== null || child.signalCode !== null, { what: 'its end', timeoutMs: 20_000 });
  expect([child.exitCode, child.signalCode]).toEqual([code, null]);
});
