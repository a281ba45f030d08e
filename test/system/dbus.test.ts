/** The documented dbus example on the real boot: three consumers with two roles at once on one bus. */
import type { Link } from '@pv/contract/graph';
import { exampleExports } from '@pv/testkit/example-exports';
import { waitFor } from '@pv/testkit/wait-for';
import { expect, test } from 'vitest';
import { useBooted } from '../kit/booted.ts';

const server = 'pv-example-dbus-server';
const [asRoot, asNobody, attacker] = ['pv-example-dbus-client', 'pv-example-dbus-client-nobody', 'pv-example-dbus-client-attacker'];

const booted = useBooted(async () => {
  const exports = await exampleExports();
  return { exports: [server, asRoot, asNobody, attacker].map((name) => exports.path(name)) };
});

async function says(container: string, text: RegExp): Promise<string> {
  return waitFor(async () => {
    const console = await booted.console(container);
    return text.test(console) ? console : undefined;
  }, { what: `${container} saying ${text}`, timeoutMs: 60_000, detail: () => booted.console(container) });
}

test('7.1-2 the pair runs, the graph has the links, and the client is answered', async () => {
  for (const name of [server, asRoot]) await booted.until(name, ({ status }) => status === 'STARTED');
  const { stdout } = await booted.box.pvcontrol('graph', 'ls');
  const links = (JSON.parse(stdout) as Link[]).map(({ consumer, provider, type, role }) => [consumer, provider, type, role]);
  expect(links.sort()).toEqual([[asRoot, server, 'dbus', 'root'], [attacker, server, 'dbus', 'nobody'], [asNobody, server, 'dbus', 'nobody']].sort());
  const console = await says(asRoot, /method return/);
  expect(console).toContain('--- Requesting info from D-Bus service org.pantavisor.Example ---');
  expect(console).toContain('string "{"service": "dbus-example", "status": "active"}"');
});

test('7.1-2 the client with the role nobody is answered as nobody', async () => {
  await says(asNobody, /method return/);
  await says(server, /GetInfo for :[0-9.]+, user 0\s/);
  await says(server, /GetInfo for :[0-9.]+, user 65534\s/);
});

test('7.2-6 the attacker is nobody in each of its ways, and owns nothing', async () => {
  const console = await says(attacker, /after OK\.\.\.\s+The bus .*\s+(?:SUCCESS|ERROR)/);
  expect(console.match(/Attempting to steal org\.pantavisor\.Example/g)).toHaveLength(5);
  expect(console.match(/The bus takes us for user 65534/g)).toHaveLength(5);
  expect(console.match(/SUCCESS: Name ownership rejected as expected: org\.freedesktop\.DBus\.Error\.AccessDenied/g)).toHaveLength(5);
  expect(console).not.toContain('ERROR');
});

test("the provider's log shows a connection for each role", async () => {
  const console = await says(server, /Connection :[0-9.]+ is user 65534/);
  const users = [...console.matchAll(/Connection :[0-9.]+ is user (\S+)/g)].map(([, user]) => user);
  // Of a client that has gone before the service asks for its user, the bus knows none.
  expect([...new Set(users)].filter((user) => user !== 'unknown').sort()).toEqual(['0', '65534']);
});
