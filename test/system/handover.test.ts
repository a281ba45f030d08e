/** On a real boot: pv-xconnect is restarted, killed, and restarted under another pv-core, with a session of a container open all the while. */
import { exampleExports } from '@pv/testkit/example-exports';
import { waitFor } from '@pv/testkit/wait-for';
import { expect, it, onTestFinished } from 'vitest';
import { useBooted, waitForApi } from '../kit/booted.ts';

const [client, server] = ['pv-example-unix-client', 'pv-example-unix-server'];
const target = '/run/pv/services/raw-unix.sock';
const device = useBooted(async () => {
  const { path } = await exampleExports();
  return { exports: [path(client), path(server)] };
});

/** A program in the client container that holds one connection and says each line that comes back. */
async function conversation(): Promise<{ say(text: string): Promise<void>; inode(): Promise<string> }> {
  const inside = (...argv: string[]): Promise<{ code: number; stdout: string }> => device.box.exec(['timeout', '10', 'lxc-attach', '-n', client, '--', ...argv]);
  await inside('sh', '-c', 'rm -f /tmp/in /tmp/out; mkfifo /tmp/in; : > /tmp/out');
  // Nothing in the container may hold the outputs of the program that entered it.
  const held = await device.box.background(['lxc-attach', '-n', client, '--', 'sh', '-c', `exec 2>/tmp/err 3<>/tmp/in; exec socat -t 3600 - UNIX-CONNECT:${target} <&3 >/tmp/out`]);
  onTestFinished(() => held.kill());
  return {
    say: async (text) => {
      await inside('sh', '-c', `echo '${text}' > /tmp/in`);
      await waitFor(async () => (await inside('cat', '/tmp/out')).stdout.endsWith(`${text}\n`), { what: `the echo of '${text}'`, detail: async () => `${(await inside('cat', '/tmp/out')).stdout}\n${(await inside('cat', '/tmp/err')).stdout}\n${device.box.log() ?? ''}` });
    },
    inode: async () => (await inside('ls', '-i', target)).stdout,
  };
}

const restart = async (): Promise<void> => {
  const [before] = device.box.pidsOf('pv-xconnect');
  expect((await device.box.pvcontrol('daemons', 'restart', 'pv-xconnect')).code).toBe(0);
  await waitFor(() => device.box.pidsOf('pv-xconnect').some((pid) => pid !== before), { what: 'a new pv-xconnect' });
};

it('7.2-15 a restart of pv-xconnect through the API keeps the socket and the session, also under a pv-core that adopted it', async () => {
  const { say, inode } = await conversation();
  await say('hello');
  const socket = await inode();
  await restart();
  await say('after a restart');
  device.box.kill('pv-core', 'SIGKILL');
  await waitForApi(device.box);
  await waitFor(() => /adopted daemon pv-xconnect/.test(device.box.log() ?? ''), { what: 'an adopted pv-xconnect', detail: () => device.box.log() ?? '' });
  await restart();
  await say('after a restart by another pv-core');
  expect(await inode()).toBe(socket);
});

it('7.2-15 a killed pv-xconnect leaves a socket that listens, and the next one serves it', async () => {
  const { inode } = await conversation();
  const socket = await inode();
  device.box.kill('pv-xconnect', 'SIGKILL');
  const { say } = await conversation();
  await say('made while nobody was there, or just after');
  expect(await inode()).toBe(socket);
});
