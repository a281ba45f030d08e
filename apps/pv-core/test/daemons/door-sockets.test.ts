import { closeSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DoorSockets } from '../../src/daemons/door-sockets.ts';
import { useTemporaryRoot } from '../kit/supervised.ts';

const root = useTemporaryRoot();

describe('the sockets of pv-ctrl', () => {
  it('are described in the order in which they are inherited', () => {
    const sockets = new DoorSockets([{ caller: '_pv_', mgmt: true, path: join(root.dir, 'a') }, { caller: 'web', mgmt: false, path: join(root.dir, 'b') }]);
    expect(JSON.parse(sockets.description)).toEqual([{ fd: 3, caller: '_pv_', mgmt: true }, { fd: 4, caller: 'web', mgmt: false }]);
  });

  it('are made for the longest name of a container', () => {
    const directory = join(root.dir, 'containers', 'a'.repeat(63), 'pantavisor');
    mkdirSync(directory, { recursive: true });
    const [fd = -1] = new DoorSockets([{ caller: 'a', mgmt: false, path: join(directory, 'pv-ctrl') }]).open();
    expect(readdirSync(directory)).toEqual(['pv-ctrl']);
    closeSync(fd);
  });

  it('hold a connection while nobody accepts, and replace a stale name at once', async () => {
    mkdirSync(join(root.dir, 'x'));
    const path = join(root.dir, 'x', 'pv-ctrl');
    const doors = [{ caller: '_pv_', mgmt: true, path }];
    const [stale = -1] = new DoorSockets(doors).open();
    closeSync(stale);
    const sockets = new DoorSockets(doors);
    const [fd = -1] = sockets.open();
    expect(sockets.open()).toEqual([fd]);
    expect(statSync(path).mode & 0o777).toBe(0o660);
    expect(readdirSync(join(root.dir, 'x'))).toEqual(['pv-ctrl']);
    const client = connect(path);
    await new Promise((resolve) => client.once('connect', resolve));
    const server = createServer((socket) => socket.end('late, but here')).listen({ fd });
    const answer = await new Promise<string>((resolve) => client.once('data', (data) => resolve(String(data))));
    expect(answer).toBe('late, but here');
    client.destroy();
    server.close();
  });
});
