/** Making the bus ready for a revision: what is written when, and what refuses the revision. */
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { defaultConfig } from '@pv/runtime/config';
import { waitFor } from '@pv/testkit/wait-for';
import { describe, expect, it } from 'vitest';
import { prepareHostedBus } from '../../src/hosted-bus/prepare.ts';
import { tryBus } from '../../src/hosted-bus/trial.ts';
import { BusPeer } from '../kit/bus-peer.ts';
import { hostedRevision, on, prepared, runBus, temporaryPlaces } from '../kit/hosted.ts';

const name = 'org.pantavisor.Example';
const revision = hostedRevision({ [name]: ['example-service', ['operator']] }, ['operator', 'stranger']);
const wider = hostedRevision({ [name]: ['example-service', ['operator', 'stranger']] }, ['newcomer', 'stranger']);

describe('a bus that is off', () => {
  it('leaves no trace', async () => {
    const places = temporaryPlaces();
    expect(await prepareHostedBus(revision, defaultConfig, places)).toEqual({ kind: 'off' });
    expect(readdirSync(places.run)).toEqual([]);
  });
});

describe('a bus that is on', () => {
  it('has an id for every role, kept over revisions, in a file for root only', async () => {
    const places = temporaryPlaces();
    const { uids } = await prepared(revision, places);
    expect(Object.fromEntries(uids)).toEqual({ operator: 90_000, stranger: 90_001, 'example-service': 90_002 });
    expect(statSync(places.hostedBus.uids).mode & 0o777).toBe(0o600);
    await prepared(wider, places);
    expect(JSON.parse(readFileSync(places.hostedBus.uids, 'utf8'))).toEqual({ operator: 90_000, stranger: 90_001, 'example-service': 90_002, newcomer: 90_003 });
    expect(readdirSync(dirname(places.hostedBus.uids))).toEqual(['dbus-role-uids.json']);
  });

  it('has the users of all roles, with names that only they have', async () => {
    const places = temporaryPlaces();
    await prepared(revision, places);
    expect(readFileSync(places.hostedBus.passwd, 'utf8')).toBe(`root:x:0:0::/nonexistent:/sbin/nologin
pv-dbus:x:65412:65412::/nonexistent:/sbin/nologin
pv-dbus-operator:x:90000:90000::/nonexistent:/sbin/nologin
pv-dbus-stranger:x:90001:90001::/nonexistent:/sbin/nologin
pv-dbus-example-service:x:90002:90002::/nonexistent:/sbin/nologin
`);
  });

  it('is changed only by a revision that asks for something else', async () => {
    const places = temporaryPlaces();
    const { config, policy, passwd, uids } = places.hostedBus;
    const files = () => [config, policy, passwd, uids].map((path) => [statSync(path).ino, statSync(path).mtimeMs]);
    await prepared(revision, places);
    const before = files();
    await prepared(revision, places);
    expect(files()).toEqual(before);
    await prepared(wider, places);
    expect(files()).not.toEqual(before);
    expect(existsSync(`${places.hostedBus.dir}/trial`)).toBe(false);
  });

  it('that runs takes up new rules and new roles at a SIGHUP, and drops nobody', async () => {
    const { places, pid, owner, join } = await runBus(revision);
    const [service, stranger] = [await owner('example-service', name), await join('stranger')];
    expect(await stranger.call(name, 'GetInfo')).toBe('AccessDenied');
    const { uids } = await prepared(wider, places);
    process.kill(pid, 'SIGHUP');
    await waitFor(async () => (await stranger.call(name, 'GetInfo')) === 'GetInfo', { what: 'the new rule' });
    const newcomer = await BusPeer.join(places.hostedBus.socket, [...uids].at(-1)?.[1] ?? 0);
    expect(await newcomer.call(name, 'GetInfo')).toBe('AccessDenied');
    expect(await service.bus('GetId')).toBe('ok');
  });
});

describe('a revision is refused', () => {
  it.each([['half a file', '{"operator":90'], ['two roles with one id', '{"a":90000,"b":90000}'], ['root among the roles', '{"operator":0}']])('when the ids are %s, which stays as it is', async (_title, text) => {
    const places = temporaryPlaces();
    mkdirSync(dirname(places.hostedBus.uids), { recursive: true });
    writeFileSync(places.hostedBus.uids, text);
    const result = await prepareHostedBus(revision, on, places);
    expect(result).toMatchObject({ kind: 'refused', problem: expect.stringMatching(/^\/.*\/config\/dbus-role-uids\.json: is corrupt: .*; put back a copy, or remove it and restart the device/) as unknown });
    expect(readFileSync(places.hostedBus.uids, 'utf8')).toBe(text);
    expect(existsSync(places.hostedBus.policy)).toBe(false);
  });

  it('when the bus cannot begin, and neither ids nor files change', async () => {
    const places = temporaryPlaces('so-long-that-no-socket-fits'.repeat(4));
    const result = await prepareHostedBus(revision, on, places);
    expect(result).toMatchObject({ kind: 'refused', problem: expect.stringMatching(/is not accepted by \/usr\/bin\/dbus-daemon: .*name too long/) as unknown });
    expect(existsSync(places.hostedBus.uids)).toBe(false);
    expect(existsSync(places.hostedBus.config)).toBe(false);
  });
});

it('a run directory that the user of the bus cannot search is refused', async () => {
  const places = temporaryPlaces();
  chmodSync(places.run, 0o700);
  expect(await prepareHostedBus(revision, on, places)).toMatchObject({ kind: 'refused', problem: expect.stringContaining(`${places.run}: is closed to the user of the hosted system bus`) as unknown });
});

it.each([['broken XML', '<busconfig><policy'], ['a rule that is none', '<busconfig><policy context="default"><allow nonsense="x"/></policy></busconfig>']])('a trial tells what the bus says of %s', async (_title, policy) => {
  const places = temporaryPlaces();
  mkdirSync(places.hostedBus.dir);
  const said = await tryBus({ policy, passwd: 'root:x:0:0::/:/\npv-dbus:x:65412:65412::/:/\n' }, places);
  expect(said).toMatch(/trial\/policy|attribute|Element|element/i);
});
