/** The rules mean what they mean to xdg-dbus-proxy: the same questions to both, on one bus, have the same answers. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { closeFd } from '@pv/pv-native/fd';
import { connectUnix, openSocket } from '@pv/pv-native/socket';
import { waitFor } from '@pv/testkit/wait-for';
import { expect, onTestFinished, test } from 'vitest';
import type { GraphLink } from '../../../src/graph/parse.ts';
import { busMesh } from '../../kit/bus.ts';
import { BusClient, service, type Received } from '../../kit/bus-client.ts';
import { tempDir } from '../../kit/cleanup.ts';

async function proxy(bus: string, rules: readonly string[]): Promise<string> {
  const path = join(tempDir(), 'proxy');
  const child = spawn('xdg-dbus-proxy', [`unix:path=${bus}`, path, '--filter', ...rules], { stdio: 'ignore' });
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
  await waitFor(() => accepts(path), { what: 'a connection to xdg-dbus-proxy' });
  return path;
}

/** It listens a moment after its socket is there. */
function accepts(path: string): boolean {
  const fd = openSocket('stream');
  try {
    return connectUnix(fd, path) === 0;
  } finally {
    closeFd(fd);
  }
}

const rules = [{ see: ['org.open.seen.*'], talk: ['org.open.talked'], own: ['org.open.owned.*'] }];
const options = ['--see=org.open.seen.*', '--talk=org.open.talked', '--own=org.open.owned.*'];
const peers = ['org.open.seen', 'org.open.seen.below', 'org.open.seenless', 'org.open.talked', 'org.open.talked.below', 'org.open.hidden'];
const names = [...peers, 'org.open.owned', 'org.open.owned.below.it', 'org.open.nobody', 'org.freedesktop.DBus', ':1.0', ':1.99'];
const methods = ['GetNameOwner', 'NameHasOwner', 'GetConnectionUnixUser', 'StartServiceByName', 'RequestName', 'ReleaseName', 'ListQueuedOwners', 'GetId', 'BecomeMonitor', 'Unknown'];

/** What counts of an answer: the error, or that there was none. */
const outcome = ({ header }: Received): string => header.errorName ?? 'fine';

async function answers(client: BusClient): Promise<Record<string, string>> {
  const all: Record<string, string> = {};
  for (const member of methods) {
    for (const name of names) all[`${member} ${name}`] = outcome(await client.bus(member, name, ...(/^(?:Start|Request)/.test(member) ? [0] : [])));
  }
  for (const name of names.filter((one) => !peers.includes(one))) all[`call ${name}`] = outcome(await client.call(name, 'Do'));
  for (const name of ['org.open.seen', 'org.open.hidden', 'org.open.talked.below']) all[`call ${name}`] = outcome(await client.call(name, 'Do'));
  for (const rule of ["type='signal'", "eavesdrop='true'", "type='signal',eavesdrop =true"]) all[rule] = outcome(await client.bus('AddMatch', rule));
  all['names'] = (await client.bus('ListNames')).body.strings().filter((name) => !name.startsWith(':')).sort().join(' ');
  return all;
}

/** Where ours differs on purpose: a consumer that asks for a name that it may not own is told so, as by the bus itself. */
const differences = Object.fromEntries(['org.open.seenless', 'org.open.talked.below', 'org.open.hidden', 'org.open.nobody', ':1.99'].map((name) => [`RequestName ${name}`, 'org.freedesktop.DBus.Error.AccessDenied, not org.freedesktop.DBus.Error.NameHasNoOwner']));

test('the same questions have the same answers', async () => {
  const { direct, target } = await busMesh({ role: 'root', allow: rules as NonNullable<GraphLink['allow']> });
  for (const name of peers) await service(direct, name);
  const [ours, theirs] = [new BusClient(target), new BusClient(await proxy(direct, options))];
  await ours.hello();
  await theirs.hello();
  const [mine, other] = [await answers(ours), await answers(theirs)];
  expect(Object.fromEntries(Object.entries(mine).filter(([question, answer]) => other[question] !== answer).map(([question, answer]) => [question, `${answer}, not ${other[question]}`]))).toEqual(differences);
});
