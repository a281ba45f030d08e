/** The program, before a server whose mesh changes. */
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { errorBody } from '@pv/contract/errors';
import type { LinkStatus } from '@pv/contract/graph';
import { program } from '@pv/testkit/program';
import { tempRoot } from '@pv/testkit/temp-root';
import { waitFor } from '@pv/testkit/wait-for';
import { expect, it, onTestFinished } from 'vitest';
import type { LinkChange } from '../../../src/commands/graph/changes.ts';
import { link } from '../../kit/mesh.ts';

async function watched(first: readonly LinkStatus[] | 'away' | 'forbidden') {
  const root = tempRoot('pv-watch');
  const socket = join(root.path, 'pv-ctrl');
  const state = { mesh: first, asked: 0, held: [] as ServerResponse[], version: 0 };
  const server = createServer((request, response) => {
    response.setHeader('Content-Type', 'application/json');
    if (request.url?.startsWith('/xconnect-graph') === true) {
      response.setHeader('ETag', `"v${state.version}"`);
      if (request.url.endsWith(`wait=v${state.version}`)) return void state.held.push(response);
      return response.end('[]');
    }
    state.asked += 1;
    if (state.mesh === 'away') return response.writeHead(503).end(JSON.stringify(errorBody({ code: 'mesh-away', detail: 'x' })));
    if (state.mesh === 'forbidden') return response.writeHead(403).end(JSON.stringify(errorBody({ code: 'not-mgmt' })));
    return response.end(JSON.stringify(state.mesh));
  });
  await new Promise<void>((resolve) => void server.listen(socket, resolve));
  const child = (await program('pvcontrol', root.path)).start(['-s', socket, 'graph', 'watch']);
  const texts = { out: '', err: '' };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => void (texts.out += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => void (texts.err += text));
  onTestFinished(() => {
    child.kill();
    server.closeAllConnections();
    server.close();
    root.remove();
  });
  const changes = (count: number) => waitFor(() => {
    const lines = texts.out.split('\n').slice(0, -1).map((line) => JSON.parse(line) as LinkChange);
    return lines.length >= count ? lines : undefined;
  }, { what: `${count} changes`, detail: () => JSON.stringify(texts) });
  return { state, child, texts, changes };
}

it('prints each link, then each change, as JSON in a pipe', async () => {
  const { state, changes } = await watched([link()]);
  expect(await changes(1)).toMatchObject([{ consumer: 'c', name: 'raw', state: 'established' }]);
  state.mesh = [link({ state: 'waiting', reason: 'container p does not run', since: '2026-01-02T03:04:09.000Z' })];
  state.version = 1;
  for (const response of state.held.splice(0)) response.setHeader('ETag', '"v1"').end('[]');
  expect((await changes(2))[1]).toMatchObject({ was: 'established', state: 'waiting', reason: 'container p does not run' });
  state.mesh = [];
  expect((await changes(3))[2]).toMatchObject({ was: 'waiting', state: 'gone' });
});

it('waits for a pv-xconnect that is away, and says so once', async () => {
  const { state, texts, changes } = await watched('away');
  await waitFor(() => state.asked >= 3, { what: 'three looks' });
  state.mesh = [link()];
  expect(await changes(1)).toHaveLength(1);
  expect(texts.err).toBe('pv-xconnect does not answer: x; waiting\n');
});

it('ends when it will never be answered', async () => {
  const { child, texts } = await watched('forbidden');
  const [code] = child.exitCode === null ? ((await once(child, 'close')) as [number]) : [child.exitCode];
  expect([code, texts.out]).toEqual([255, '']);
  expect(texts.err).toContain('mgmt');
});
