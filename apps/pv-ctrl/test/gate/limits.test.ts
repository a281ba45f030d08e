/** What a hostile caller can use up: its own places, nobody else's. Through the real process, with the real limits. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { limits } from '@pv/contract/limits';
import { RawClient, rawExchange } from '@pv/testkit/raw-http';
import { waitFor } from '@pv/testkit/wait-for';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startDoor, type DoorProcess } from '../door-process.ts';

const doors: DoorProcess[] = [];
const door = (): DoorProcess => doors[0] ?? expect.fail('no door');
const hostile = Array.from({ length: 20 }, (_, index) => `hostile${index}`);
beforeAll(async () => void doors.push(await startDoor(['_pv_', 'mgmt', 'app', 'slow', ...hostile])));
afterAll(() => door().stop());

const good = 'GET /groups HTTP/1.1\r\nConnection: close\r\n\r\n';

async function open(caller: string, count: number): Promise<RawClient[]> {
  const clients = Array.from({ length: count }, () => new RawClient(door().socket(caller)));
  await Promise.all(clients.map((client) => new Promise((done) => client.socket.once('connect', done))));
  return clients;
}

/** What a new connection of the caller is told. */
const told = async (caller: string): Promise<number | undefined> => (await rawExchange(door().socket(caller), good))[0]?.status;

describe('connections', () => {
  test('200 idle connections of one container hurt no other', async () => {
    const idle = await open('app', 200);
    expect(await told('mgmt')).toBe(200);
    expect(await told('_pv_')).toBe(200);
    expect(await told('app')).not.toBe(403);
    for (const { socket } of idle) socket.destroy();
    await eventually(() => told('app'), 403);
  });

  test('those above the cap are told so once, and closed', async () => {
    const kept = await open('app', limits.connectionsPerContainer);
    const [answer, ...more] = await rawExchange(door().socket('app'), good);
    expect([answer?.status, answer?.fields.get('retry-after'), answer?.fields.get('connection'), more.length]).toEqual([503, '1', 'close', 0]);
    expect(JSON.parse(answer?.body ?? '')).toMatchObject({ code: 'busy' });
    for (const { socket } of kept) socket.destroy();
    await eventually(() => told('app'), 403);
  });

  test('all containers together leave the host its part', async () => {
    const idle = (await Promise.all(hostile.map((caller) => open(caller, limits.connectionsPerContainer)))).flat();
    // Each caller has a listening socket of its own: the door may take this one's before the last of the others'.
    await eventually(() => told('mgmt'), 503);
    const host = await open('_pv_', limits.connectionsForHost - 1);
    expect(await told('_pv_')).toBe(200);
    for (const { socket } of [...idle, ...host]) socket.destroy();
    await eventually(() => told('mgmt'), 200);
  });
});

describe('slow loris', () => {
  test('a head and a body in bytes with pauses are closed in time, others served meanwhile', async () => {
    const heads = await open('slow', 8);
    const drips = heads.map((client) => {
      client.socket.write('GET /groups HTTP/1.1\r\nX: ');
      return setInterval(() => client.socket.write('y'), 500);
    });
    const silent = await open('slow', 8);
    expect(await told('slow')).toBe(503);
    expect(await told('mgmt')).toBe(200);
    const answers = await Promise.all(heads.map((client) => client.answers(1)));
    for (const drip of drips) clearInterval(drip);
    expect(answers.map(([answer]) => answer?.status)).toEqual(heads.map(() => 408));
    expect(await Promise.all(silent.map((client) => client.answers(1)))).toEqual(silent.map(() => []));
    await eventually(() => told('slow'), 403);
    for (const { socket } of [...heads, ...silent]) socket.destroy();
  });
});

test('a flood of requests behind one that is held does not fill the memory', async () => {
  const resident = (): number => Number(/^VmRSS:\s*(\d+)/m.exec(readFileSync(`/proc/${door().child.pid}/status`, 'utf8'))?.[1]) / 1024;
  const held = new Promise<void>((resolve) => void (door().core.answer = () => resolve()));
  const [client = expect.fail('no client')] = await open('mgmt', 1);
  await client.send('GET /xconnect-graph?wait=x HTTP/1.1\r\n\r\n');
  await held;
  const before = resident();
  for (let round = 0; round < 8; round += 1) {
    if (!client.socket.write('GET / HTTP/1.1\r\n\r\n'.repeat(60_000))) await once(client.socket, 'drain');
  }
  // Megabytes. Each request that is parsed costs more than 1 kB for as long as the first one is held.
  expect(resident() - before).toBeLessThan(200);
  client.socket.destroy();
  await eventually(() => told('app'), 403);
});

test('many refusals are few lines, each with its caller', async () => {
  const ofApp = (): number => door().output.filter((line) => line.includes('caller=app')).length;
  const before = ofApp();
  for (let round = 0; round < 10; round += 1) await rawExchange(door().socket('app'), 'GET /groups HTTP/1.1\r\n\r\n'.repeat(20) + good);
  await rawExchange(door().socket('mgmt'), 'DELETE /contai\x1bners%0a HTTP/1.0\r\n\r\n');
  await rawExchange(door().socket('mgmt'), 'DELETE /groups%0a HTTP/1.0\r\n\r\n');
  await door().printed('caller=mgmt method=DELETE path=/groups%0a code=no-such-endpoint');
  // Of 210; eleven in ten seconds, however long it takes.
  expect(ofApp() - before).toBeLessThan(100);
});

/** Places are given back when the process has noticed the close. */
const eventually = (probe: () => Promise<number | undefined>, wanted: number): Promise<true> => waitFor(async () => (await probe()) === wanted, { what: `a ${wanted}` });
