/** The control socket, asked over a real one. */
import { openSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { limits } from '@pv/contract/limits';
import { listenUnix } from '@pv/pv-native/socket';
import { waitFor } from '@pv/testkit/wait-for';
import { expect, onTestFinished, test } from 'vitest';
import { serveControl } from '../../src/control/serve.ts';
import type { Refreshed } from '../../src/graph/follow.ts';
import type { MeshLink } from '../../src/links/mesh.ts';
import { tempDir } from '../kit/cleanup.ts';

const link = (index: number): MeshLink => ({
  type: 'unix', name: `raw${index}`, consumer: 'client', provider: 'server', role: 'client', socket: '/run/s', interface: '/run/t', target: `/run/t${index}`, consumer_pid: 1, provider_pid: 2,
  state: 'established', since: '2026-01-02T03:04:05.678Z', sessions: 0, accepted: 0, bytes_to_provider: 0, bytes_to_consumer: 0, descriptors: 0, refused: 0,
});

function served(links: readonly MeshLink[], refreshed: Refreshed = { kind: 'fresh' }) {
  const path = join(tempDir(), 'pv-xconnect');
  const asked = { reconciles: 0 };
  const reconcile = (): Promise<Refreshed> => {
    asked.reconciles += 1;
    return Promise.resolve(refreshed);
  };
  const control = serveControl(listenUnix(path, { mode: 0o600 }), { reconcile, status: () => Promise.resolve(links), pid: 42, onFault: (error) => expect.fail(String(error)) });
  onTestFinished(() => control.close());
  const ask = (method: string, target: string) => new Promise<{ status: number | undefined; text: string }>((resolve, reject) => {
    request({ socketPath: path, method, path: target, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => void (text += chunk)).on('end', () => resolve({ status: response.statusCode, text }));
    }).on('error', reject).end();
  });
  return { asked, ask };
}

test('the links as they are are told without a reconcile', async () => {
  const { asked, ask } = served([link(1)]);
  const { status, text } = await ask('GET', '/links');
  expect([status, JSON.parse(text), asked.reconciles]).toEqual([200, [link(1)], 0]);
});

test('a reconcile is done when it is asked for, and its failure told', async () => {
  const fresh = served([link(1)]);
  expect(JSON.parse((await fresh.ask('POST', '/links/reconcile')).text)).toEqual({ pid: 42, links: [link(1)] });
  expect(fresh.asked.reconciles).toBe(1);
  const { ask } = served([], { kind: 'failed', reason: 'Connection refused' });
  expect(await ask('POST', '/links/reconcile')).toMatchObject({ status: 503, text: expect.stringContaining('core-away') as unknown });
});

test('5,000 links with the longest names come whole, below the cap of a client', async () => {
  const long = { name: 'n'.repeat(63), consumer: 'c'.repeat(63), provider: 'p'.repeat(63), role: 'r'.repeat(64), socket: `/${'s'.repeat(255)}`, interface: `/${'i'.repeat(255)}`, reason: 'x'.repeat(300), last_error: 'y'.repeat(300) };
  const links = Array.from({ length: 5_000 }, (_, index): MeshLink => ({ ...link(index), ...long, target: `/${'t'.repeat(245)}${index}`, bytes_to_consumer: Number.MAX_SAFE_INTEGER }));
  const { text } = await served(links).ask('GET', '/links');
  expect(JSON.parse(text)).toEqual(links);
  expect(text.length).toBeLessThan(limits.answerBytes);
});

test('a server that fails is a fault that is told, and the end of nothing else', async () => {
  const faults: unknown[] = [];
  const fd = openSync('/dev/null', 'r');
  const control = serveControl(fd, { reconcile: () => Promise.resolve({ kind: 'fresh' }), status: () => Promise.resolve([]), pid: 42, onFault: (error) => faults.push(error) });
  onTestFinished(() => control.close());
  await waitFor(() => faults.length > 0, { what: 'a fault' });
});
