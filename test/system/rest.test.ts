/** The documented rest example on the real boot. */
import type { Link } from '@pv/contract/graph';
import { exampleExports } from '@pv/testkit/example-exports';
import { waitFor } from '@pv/testkit/wait-for';
import { expect, test } from 'vitest';
import { useBooted } from '../kit/booted.ts';

const server = 'pv-example-rest-server';
const client = 'pv-example-rest-client';
const info = `{"service": "network-manager-mock", "status": "online", "role": "client", "client": "${client}"}`;

const booted = useBooted(async () => {
  const exports = await exampleExports();
  return { exports: [server, client].map((name) => exports.path(name)) };
});

async function says(container: string, text: string): Promise<void> {
  await waitFor(async () => (await booted.console(container)).includes(text), { what: `${container} saying ${text}`, timeoutMs: 60_000, detail: () => booted.console(container) });
}

/** The injected socket, as the box's own programs reach it. */
async function injected(): Promise<string> {
  const { pid } = await booted.container(client);
  return `/proc/${pid}/root/run/pv/services/network-manager.sock`;
}

test('7.1-3 the pair runs, the graph has the link, and the client is answered as who it is', async () => {
  for (const name of [server, client]) await booted.until(name, ({ status }) => status === 'STARTED');
  const { stdout } = await booted.box.pvcontrol('graph', 'ls');
  expect((JSON.parse(stdout) as Link[]).map(({ consumer, provider, type, name }) => [consumer, provider, type, name])).toEqual([[client, server, 'rest', 'network-manager']]);
  await says(client, '--- Requesting info from network-manager service via /run/pv/services/network-manager.sock ---');
  await says(client, info);
  await says(server, 'Starting mock REST server on /run/nm/api.sock...');
  await says(server, 'unix-client - - [');
});

test('7.1-5 a plain request through the injected socket gets the full response, and nobody else is believed', async () => {
  const { code, stdout } = await booted.box.exec(['curl', '-sSi', '--max-time', '20', '-H', 'X-PV-Role: admin', '-H', 'x_pv_client: evil', '--unix-socket', await injected(), 'http://localhost/info']);
  expect({ code, stdout }).toEqual({ code: 0, stdout: `HTTP/1.0 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n${info}\n` });
});

test('7.1-6 the same after the write side was shut', async () => {
  const { code, stdout } = await booted.box.exec(['sh', '-c', `printf 'GET /info HTTP/1.0\\r\\n\\r\\n' | socat -t 20 - UNIX-CONNECT:${await injected()}`]);
  expect({ code, stdout }).toEqual({ code: 0, stdout: `HTTP/1.0 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n${info}\n` });
});
