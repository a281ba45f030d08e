/** The graph, the status of its links, and what explains them, on the unix example pair. */
import type { LinkStatus } from '@pv/contract/graph';
import { program } from '@pv/testkit/box/project';
import { exampleExports } from '@pv/testkit/example-exports';
import { waitFor } from '@pv/testkit/wait-for';
import { describe, expect, it } from 'vitest';
import { useBooted } from '../kit/booted.ts';

const [client, server] = ['pv-example-unix-client', 'pv-example-unix-server'];
const target = '/run/pv/services/raw-unix.sock';
const device = useBooted(async () => {
  const { path } = await exampleExports();
  return { exports: [path(client), path(server)] };
});

/** Empty while pv-xconnect is away. */
async function links(): Promise<LinkStatus[]> {
  const { status, text } = await device.http('GET', '/xconnect-status');
  return status === 200 ? (JSON.parse(text) as LinkStatus[]) : [];
}

const link = (wanted: (link: LinkStatus) => boolean, what: string): Promise<LinkStatus> =>
  waitFor(async () => (await links()).find(wanted), { what, timeoutMs: 20_000, detail: async () => `${JSON.stringify(await links())}\n${device.box.log() ?? ''}` });
const why = async (...words: string[]) => {
  const { code, stdout } = await device.box.pvcontrol('graph', 'why', ...words);
  return { code, answer: JSON.parse(stdout) as { usable: boolean; checks: { check: string; verdict: string; text: string; hint?: string }[] } };
};
const failing = ({ answer }: Awaited<ReturnType<typeof why>>): unknown[] => answer.checks.filter(({ verdict }) => verdict !== 'yes');

describe('the pair', () => {
  it('7.1-1 both run, the graph shows their unix link, the socket is in the consumer, and the echo arrives', async () => {
    for (const name of [client, server]) expect((await device.box.exec(['lxc-info', '-n', name, '-s', '-H'])).stdout).toContain('RUNNING');
    const graph = JSON.parse((await device.box.pvcontrol('graph', 'ls')).stdout) as unknown[];
    expect(graph).toEqual([expect.objectContaining({ type: 'unix', name: 'raw-unix', consumer: client, provider: server, target })]);
    await link(({ state }) => state === 'established', 'the link');
    expect((await device.box.exec(['lxc-attach', '-n', client, '--', 'test', '-S', target])).code).toBe(0);
    await waitFor(async () => /Hello from client at/.test((await device.console(client)).split('--- Sending').slice(1).join('')), { what: 'the echo' });
  });

  it('7.1-11 the control API still answers after the mesh has asked it', async () => {
    for (const path of ['/containers', '/groups', '/daemons', '/buildinfo', '/xconnect-graph', '/xconnect-status']) expect((await device.http('GET', path)).status).toBe(200);
  });

  it('counts what went through', async () => {
    const found = await link(({ accepted, bytes_to_consumer: bytes }) => accepted > 0 && bytes > 0, 'an echo in the counters');
    expect(found).toMatchObject({ consumer: client, provider: server, state: 'established', refused: 0, since: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) });
    expect(found.bytes_to_provider).toBe(found.bytes_to_consumer);
  });

  it('has figures for Prometheus', async () => {
    const { stdout } = await device.box.exec(['curl', '-sSi', '--unix-socket', '/run/pantavisor/pv/pv-ctrl', 'http://localhost/metrics']);
    expect(stdout).toMatch(/^content-type: text\/plain; version=0\.0\.4; charset=utf-8\r$/im);
    for (const line of ['pv_containers{status="STARTED"} 2', `pv_container_starts_total{container="${client}",group="app"} 1`, 'pv_mesh_up 1', 'pv_mesh_links{state="established"} 1', 'pv_daemon_up{daemon="pv-xconnect"} 1']) expect(stdout).toContain(`${line}\n`);
    expect(stdout).toMatch(/pv_mesh_link_accepted_total\{consumer="pv-example-unix-client",provider="pv-example-unix-server",name="raw-unix",type="unix",target="[^"]+"\} [1-9]/);
  });

  it('is drawn', async () => {
    expect((await device.box.pvcontrol('graph', 'show')).stdout).toMatch(/^pv-example-unix-server\n└─ raw-unix \(unix\) \/run\/example\/raw\.sock\n {3}└─▶ pv-example-unix-client as client, at \/run\/pv\/services\/raw-unix\.sock\n {9}established\n/);
    expect((await device.box.pvcontrol('graph', 'show', '--mermaid')).stdout).toContain('c0 -->|"raw-unix (unix) as client"| c1');
  });
});

describe('why', () => {
  it('a link that works is usable', async () => {
    expect(await why(client, 'raw-unix')).toMatchObject({ code: 0, answer: { usable: true } });
  });

  it('names what is not declared', async () => {
    expect(failing(await why(server, 'raw-unix'))).toEqual([expect.objectContaining({ text: `${server} does not require raw-unix` })]);
    expect(failing(await why('nobody', 'raw-unix'))).toEqual([expect.objectContaining({ text: 'there is no container nobody in the running revision' })]);
    expect((await why(server, 'nothing')).code).toBe(1);
  });

  it('names a provider that does not run, and the link waits; watch told of it', async () => {
    const watch = await device.box.background([program('pvcontrol'), 'graph', 'watch']);
    await waitFor(() => watch.output().includes('"state":"established"'), { what: 'the first line of watch', detail: watch.output });
    await device.box.pvcontrol('containers', 'stop', server);
    await device.until(server, ({ status: now }) => now === 'STOPPED');
    expect(await link(({ state, provider_pid: pid }) => state === 'waiting' && pid === 0, 'a waiting link')).toMatchObject({ reason: `container ${server} does not run` });
    const found = await why(client, 'raw-unix');
    expect([found.code, failing(found)]).toEqual([1, [{ check: 'running', verdict: 'no', text: `${server} does not run: it is STOPPED`, hint: `Start it with: pvcontrol containers start ${server}` }]]);
    await device.box.pvcontrol('containers', 'start', server);
    await link(({ state }) => state === 'established', 'the link again');
    expect((await why(client, 'raw-unix')).code).toBe(0);
    const told = (): string[] => watch.output().split('\n').slice(0, -1).map((line) => (JSON.parse(line) as { state: string }).state);
    await waitFor(() => told().includes('waiting') && told().at(-1) === 'established', { what: 'the lines of watch', detail: watch.output });
    process.kill(watch.hostPid, 'SIGTERM');
    await watch.ended;
  });

  it('says that the mesh is away, as the API does, until it is back', async () => {
    await device.box.pvcontrol('daemons', 'stop', 'pv-xconnect');
    await waitFor(() => device.box.pidsOf('pv-xconnect').length === 0, { what: 'the end of pv-xconnect' });
    const { status: code, text } = await device.http('GET', '/xconnect-status');
    expect([code, JSON.parse(text)]).toEqual([503, expect.objectContaining({ code: 'mesh-away', hint: expect.stringContaining('pvcontrol daemons start pv-xconnect') as unknown })]);
    expect((await device.box.pvcontrol('graph', 'show')).code).toBe(75);
    expect(failing(await why(client, 'raw-unix'))).toEqual([expect.objectContaining({ check: 'link', verdict: 'unknown', text: expect.stringContaining('pv-xconnect does not answer') as unknown })]);
    expect((await device.http('GET', '/metrics')).text).toContain('pv_mesh_up 0\n');
    await device.box.pvcontrol('daemons', 'start', 'pv-xconnect');
    await link(({ state }) => state === 'established', 'the link of the new one');
  });
});
