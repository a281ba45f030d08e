/** Against servers on real sockets that answer, refuse, hang or are not there. */
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { errorBody } from '@pv/contract/errors';
import { serveContract } from '@pv/http-api/serve-contract';
import { tempRoot } from '@pv/testkit/temp-root';
import { createServer as createNetServer } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { meshLinks } from '../../src/api/mesh-links.ts';

async function listening(server: Pick<Server, 'listen' | 'close'>): Promise<string> {
  const root = tempRoot('pv-mesh-links');
  const path = join(root.path, 'pv-xconnect');
  await new Promise<void>((resolve) => void server.listen(path, resolve));
  onTestFinished(() => {
    server.close();
    root.remove();
  });
  return path;
}

it('gives what the row of pv-xconnect answers', async () => {
  const api = serveContract({ server: 'pv-xconnect', handle: ({ name }) => Promise.resolve({ kind: 'json', value: [{ name }] }), onFault: () => undefined });
  const path = await listening(createNetServer({ allowHalfOpen: true }, (socket) => api.accept(socket)) as unknown as Server);
  expect(await meshLinks(path)()).toEqual({ kind: 'links', links: [{ name: 'listLinks' }] });
});

it('says why there is no answer', async () => {
  expect(await meshLinks('/none/pv-xconnect')()).toMatchObject({ kind: 'away', reason: expect.stringContaining('ENOENT') as unknown });
  const refusing = await listening(createServer((_request, response) => response.writeHead(500, { 'Content-Type': 'application/json' }).end(JSON.stringify(errorBody({ code: 'internal', detail: 'x' })))));
  expect(await meshLinks(refusing)()).toEqual({ kind: 'away', reason: 'Internal error: x' });
});

it('does not wait for ever', async () => {
  const server = createServer(() => undefined);
  const path = await listening(server);
  const answer = await meshLinks(path)();
  server.closeAllConnections();
  expect(answer).toMatchObject({ kind: 'away', reason: expect.stringContaining('no whole answer within 2 seconds') as unknown });
});
