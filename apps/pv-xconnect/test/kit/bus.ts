/** A real dbus-daemon with a configuration of its own, whose socket is where a provider says it is. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { GraphLink } from '../../src/graph/parse.ts';
import { tempDir } from './cleanup.ts';
import { startContainer, type Container } from './container.ts';
import { link, runDaemon, type TestDaemon } from './daemon.ts';

export const busConfiguration = (socket: string): string => `<busconfig>
  <type>custom</type>
  <listen>unix:path=${socket}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/>
    <deny own="*"/>
    <allow send_type="method_call"/><allow send_type="method_return"/><allow send_type="error"/><allow send_type="signal"/>
    <allow receive_type="method_call"/><allow receive_type="method_return"/><allow receive_type="error"/><allow receive_type="signal"/>
    <allow own_prefix="org.open"/>
  </policy>
  <policy user="root"><allow own_prefix="org.pantavisor"/></policy>
</busconfig>
`;

/** Anybody may own below org.open, root below org.pantavisor; everybody may talk to everybody. */
export async function startBus(socket: string): Promise<void> {
  mkdirSync(dirname(socket), { recursive: true });
  const config = join(tempDir(), 'bus.conf');
  writeFileSync(config, busConfiguration(socket));
  const daemon = spawn('dbus-daemon', ['--nofork', '--nopidfile', '--nosyslog', '--print-address', `--config-file=${config}`], { stdio: ['ignore', 'pipe', 'ignore'] });
  onTestFinished(async () => {
    daemon.kill('SIGKILL');
    if (daemon.exitCode === null && daemon.signalCode === null) await once(daemon, 'exit');
  });
  await once(daemon.stdout, 'data');
}

export const busSocket = '/run/dbus/system_bus_socket';
const users = 'root:x:0:0::/:\nnobody:x:65534:65534::/:\noperator:x:1:1::/:\n';

export interface BusMesh {
  readonly consumer: Container;
  readonly provider: Container;
  readonly daemon: TestDaemon;
  /** Of the provider, without the mesh. */
  readonly direct: string;
  /** Of the consumer. */
  readonly target: string;
}

/** A bus in a provider, and one consumer with a link for each of `links`. Roles: root, operator (uid 1), nobody. */
export async function busMesh(...links: Partial<GraphLink>[]): Promise<BusMesh> {
  const [consumer, provider, daemon] = await Promise.all([startContainer('consumer'), startContainer('provider'), runDaemon()]);
  mkdirSync(provider.at('/etc'), { recursive: true });
  writeFileSync(provider.at('/etc/passwd'), users);
  await startBus(provider.at(busSocket));
  daemon.core.set(links.map((one) => link(consumer, provider, { type: 'dbus', name: 'bus', socket: busSocket, target: busSocket, interface: 'dbus', ...one })));
  for (let count = 0; count < links.length; count++) await daemon.printed('Link established');
  return { consumer, provider, daemon, direct: provider.at(busSocket), target: consumer.at(busSocket) };
}
