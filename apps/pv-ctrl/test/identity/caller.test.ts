/** Spec control-api 1.4: who calls is which socket, and what that allows. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rawExchange } from '@pv/testkit/raw-http';
import { doorUid, startDoor, type DoorProcess } from '../door-process.ts';

const doors: DoorProcess[] = [];
const door = (): DoorProcess => doors[0] ?? expect.fail('no door');
beforeAll(async () => void doors.push(await startDoor(['_pv_', 'mgmt', 'app', 'other.app'])));
afterAll(() => door().stop());

const get = (path: string, more = ''): string => `GET ${path} HTTP/1.1\r\nConnection: close\r\n${more}\r\n`;
const put = (path: string): string => `PUT ${path} HTTP/1.1\r\nConnection: close\r\nContent-Length: 17\r\n\r\n{"action":"stop"}`;

test('runs as its own user, without any capability', () => {
  const status = readFileSync(`/proc/${door().child.pid}/status`, 'utf8');
  expect(status).toMatch(new RegExp(`^Uid:\t${doorUid}\t${doorUid}\t${doorUid}\t${doorUid}$`, 'm'));
  for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb']) expect(status).toMatch(new RegExp(`^${set}:\t0000000000000000$`, 'm'));
  expect(door().output[0]).toContain(`as uid ${doorUid}, gid ${doorUid}, capabilities 0x0`);
});

describe('without the role mgmt', () => {
  test.each(['/containers', '/groups', '/daemons', '/xconnect-graph', '/xconnect-graph?wait=x', '/xconnect-status', '/metrics', '/buildinfo'])('GET %s is refused in the words that golden tests compare', async (path) => {
    const [answer] = await rawExchange(door().socket('app'), get(path));
    expect([answer?.status, answer?.body]).toEqual([403, '{"Error":"Request not sent from a mgmt platform"}']);
  });

  test.each(['/containers/app', '/daemons/pv-xconnect'])('PUT %s too, without the article', async (path) => {
    const [answer] = await rawExchange(door().socket('app'), put(path));
    expect([answer?.status, answer?.body]).toEqual([403, '{"Error":"Request not sent from mgmt platform"}']);
  });

  test('GET /xconnect-why/<consumer>/<service> too', async () => {
    const [answer] = await rawExchange(door().socket('app'), get('/xconnect-why/app/raw'));
    expect([answer?.status, answer?.body]).toEqual([403, '{"Error":"Request not sent from mgmt platform"}']);
  });

  test('before its body is looked at, and with the connection kept when the body is there', async () => {
    const bytes = `PUT /containers/app HTTP/1.1\r\nContent-Length: 3\r\n\r\n{{{${get('/nothing')}`;
    expect((await rawExchange(door().socket('app'), bytes)).map(({ status }) => status)).toEqual([403, 404]);
  });

  test('an unknown endpoint is unknown to everybody', async () => {
    expect((await rawExchange(door().socket('app'), get('/links/reconcile')))[0]?.status).toBe(404);
    expect((await rawExchange(door().socket('_pv_'), get('/links/reconcile')))[0]?.status).toBe(404);
    expect((await rawExchange(door().socket('_pv_'), get('/links')))[0]?.status).toBe(404);
  });
});

describe('what pv-core is told', () => {
  test.each(['_pv_', 'mgmt'])('%s is named as the caller', async (caller) => {
    await rawExchange(door().socket(caller), get('/groups'));
    expect(door().core.asked.at(-1)?.headers['x-pv-caller']).toBe(caller);
  });

  test('nothing of what the client says about itself', async () => {
    await rawExchange(door().socket('mgmt'), get('/groups', 'X-PV-Caller: _pv_\r\nx-pv-caller: root\r\nX-PV-Other: 1\r\nCookie: a\r\nConnection: x-pv-caller\r\n'));
    const { headers } = door().core.asked.at(-1) ?? expect.fail('not asked');
    expect(headers).toEqual({ host: 'localhost', connection: 'close', 'x-pv-caller': 'mgmt' });
  });

  test('does not help a caller without the role', async () => {
    const [answer] = await rawExchange(door().socket('app'), get('/groups', 'X-PV-Caller: _pv_\r\n'));
    expect(answer?.status).toBe(403);
  });

  test('the request in our own words', async () => {
    await rawExchange(door().socket('_pv_'), 'PUT http://localhost:1/containers/%77eb?a=b&wait=1 HTTP/1.0\r\nContent-Length: 40\r\n\r\n{ "action" : "stop", "__proto__": {}   }');
    expect(door().core.asked.at(-1)).toMatchObject({ method: 'PUT', url: '/containers/web', body: '{"action":"stop"}' });
    await rawExchange(door().socket('_pv_'), get('/xconnect-why/%61pp/raw%2Dunix?x=1'));
    expect(door().core.asked.at(-1)).toMatchObject({ method: 'GET', url: '/xconnect-why/app/raw-unix' });
    const asked = door().core.asked.length;
    for (const path of ['/xconnect-why/..%2fx/raw', '/xconnect-why/app/%0a', '/xconnect-why/app']) expect((await rawExchange(door().socket('_pv_'), get(path)))[0]?.status).toBe(path.endsWith('app') ? 404 : 400);
    expect(door().core.asked).toHaveLength(asked);
    await rawExchange(door().socket('_pv_'), get('/xconnect-graph?x=1&wait=%22a%20b%22&wait=c'));
    expect(door().core.asked.at(-1)?.url).toBe('/xconnect-graph?wait=a+b');
  });
});

test('connections of one caller never change the identity of another', async () => {
  const callers = ['_pv_', 'mgmt', 'app', 'other.app'];
  const rounds = Array.from({ length: 40 }, (_, index) => callers[index % callers.length] ?? '');
  const seen = await Promise.all(rounds.map(async (caller) => (await rawExchange(door().socket(caller), get('/daemons')))[0]?.status));
  expect(seen).toEqual(rounds.map((caller) => (caller === '_pv_' || caller === 'mgmt' ? 200 : 403)));
});
