/** The WebAssembly examples on a real boot: their texts, their volume, recovery, and both ends of the mesh. */
import { join } from 'node:path';
import type { Link } from '@pv/contract/graph';
import { compileModule } from '@pv/examples/assembly';
import { buildWasmExport } from '@pv/examples/wasm';
import { project } from '@pv/testkit/box/project';
import { exampleExports } from '@pv/testkit/example-exports';
import { waitFor } from '@pv/testkit/wait-for';
import { expect, test } from 'vitest';
import { useBooted, waitForApi } from '../kit/booted.ts';
import { customExport } from '../kit/custom-export.ts';

const [counter, crash, client, provider, server, caller] = ['pv-example-wasm', 'pv-example-wasm-crash', 'pv-example-wasm-client', 'pv-example-rest-server', 'pv-example-wasm-server', 'echo-client'];
/** The client, asking the control API. */
const own = 'own-socket';

const booted = useBooted(async ({ dir }) => {
  const exports = await exampleExports();
  const echoClient = await customExport(`${dir}/sources`, {
    name: caller, programs: ['/usr/bin/socat'],
    args: { PV_GROUP: 'app', PV_SERVICES_REQUIRED: [{ name: 'wasm-echo', type: 'unix', target: '/run/pv/services/wasm-echo.sock' }] },
    script: 'trap "exit 0" TERM PWR\nwhile :; do echo "said to the module" | socat -t5 - UNIX-CONNECT:/run/pv/services/wasm-echo.sock; sleep 1 & wait $!; done',
  });
  const ownSocket = join(dir, 'sources', `${own}.pvrexport.tgz`);
  const module = await compileModule(join(project, 'packages/examples/assembly', `${client}.ts`));
  await buildWasmExport(ownSocket, { name: own, args: { PV_GROUP: 'app' }, config: { args: ['/pantavisor/pv-ctrl'] }, module }, 0);
  return { exports: [...[counter, crash, client, provider, server].map((name) => exports.path(name)), echoClient, ownSocket] };
});

async function says(container: string, text: string, engine = 'wasmedge'): Promise<void> {
  const console = () => booted.console(container, engine);
  await waitFor(async () => (await console()).includes(text), { what: `${container} saying ${text}`, timeoutMs: 60_000, detail: console });
}

test('they run beside LXC containers, and the graph has their links', async () => {
  for (const name of [counter, client, server, provider, caller]) await booted.until(name, ({ status }) => status === 'STARTED');
  const types = await Promise.all([counter, crash, client, server, provider, caller].map(async (name) => (await booted.container(name)).type));
  expect(types).toEqual(['wasmedge', 'wasmedge', 'wasmedge', 'wasmedge', 'lxc', 'lxc']);
  const { stdout } = await booted.box.pvcontrol('graph', 'ls');
  expect((JSON.parse(stdout) as Link[]).map(({ consumer, provider: to, type, name }) => [consumer, to, type, name]).sort()).toEqual([
    [caller, server, 'unix', 'wasm-echo'],
    [client, provider, 'rest', 'network-manager'],
  ]);
});

test('a program says its arguments and environment, and counts its starts in a volume that stays', async () => {
  await says(counter, 'WebAssembly example starting (run #1)');
  for (const text of ['argument 1: --verbose', 'environment: GREETING=hello', `environment: PV_CONTAINER_NAME=${counter}`, 'still here']) await says(counter, text);
  expect((await booted.box.pvcontrol('containers', 'restart', counter)).code).toBe(0);
  await says(counter, 'WebAssembly example starting (run #2)');
  expect(await booted.box.read(`/var/pantavisor/storage/disks/perm/${counter}/data/count`)).toBe('2\n');
});

test('a provider is asked by a program as who it is, through the mesh', async () => {
  await says(client, '--- Requesting info from network-manager service via /run/pv/services/network-manager.sock ---');
  await says(client, `{"service": "network-manager-mock", "status": "online", "role": "client", "client": "${client}"}`);
  await says(provider, '"GET /info HTTP/1.1" 200 -', 'lxc');
});

test('a program calls the control API on its own socket', async () => {
  await says(own, '{"Error":"unknown endpoint: /info","code":"no-such-endpoint",');
});

test('a program provides a service to an LXC container, also after a restart', async () => {
  await says(server, 'WebAssembly echo server on /run/wasm-echo.sock');
  await says(caller, 'said to the module', 'lxc');
  const { pid: before } = await booted.container(server);
  expect((await booted.box.pvcontrol('containers', 'restart', server)).code).toBe(0);
  await booted.until(server, ({ status, pid }) => status === 'STARTED' && pid !== before && pid !== 0);
  const heard = (await booted.console(caller)).split('said to the module').length;
  await waitFor(async () => (await booted.console(caller)).split('said to the module').length > heard, { what: 'an echo of the new one', timeoutMs: 60_000, detail: () => booted.console(caller) });
});

test('a trap is told, and recovered from', async () => {
  for (const text of ['WebAssembly crash test starting...', 'Crashing now!', 'execution failed: unreachable']) await says(crash, text);
  const recovered = await booted.until(crash, ({ last_exit: exit, auto_recovery: recovery, status }) => exit?.kind === 'exit' && status === 'STARTED' && (recovery?.current_retries ?? 0) >= 1, 60_000);
  expect(recovered).toMatchObject({ last_exit: { kind: 'exit', code: 134 }, auto_recovery: { policy: 'on-failure', max_retries: 5 } });
  await waitFor(async () => (await booted.console(crash, 'wasmedge')).split('WebAssembly crash test starting...').length > 2, { what: 'a second start', timeoutMs: 60_000 });
});

test('it outlives pv-core, and the next one adopts it', async () => {
  const { pid } = await booted.until(counter, ({ status }) => status === 'STARTED');
  booted.box.kill('pv-core', 'SIGKILL');
  await waitFor(() => booted.box.log()?.includes(`adopted platform '${counter}' with pid ${pid}`), { what: 'the adoption', timeoutMs: 60_000, detail: () => booted.box.log() ?? '' });
  await waitForApi(booted.box);
  expect(await booted.container(counter)).toMatchObject({ status: 'STARTED', pid });
});
