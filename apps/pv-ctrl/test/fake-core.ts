/** A stand-in for pv-core: real HTTP on a real socket, remembering what it was asked. */
import { chmodSync, chownSync, rmSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

export interface Asked {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export type Answer = (asked: Asked, response: ServerResponse, request: IncomingMessage) => void;

export class FakeCore {
  readonly asked: Asked[] = [];
  readonly #path: string;
  readonly #gid: number;
  #server: Server | undefined;
  answer: Answer = (_asked, response) => response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': 2 }).end('[]');

  constructor(path: string, gid: number) {
    this.#path = path;
    this.#gid = gid;
  }

  async start(): Promise<void> {
    const server = createServer((request, response) => this.#serve(request, response));
    Object.assign(server, { httpAllowHalfOpen: true });
    rmSync(this.#path, { force: true });
    await new Promise<void>((ready) => server.listen(this.#path, ready));
    chownSync(this.#path, 0, this.#gid);
    chmodSync(this.#path, 0o660);
    this.#server = server;
  }

  /** As SIGKILL would: every connection ends where it is. */
  async kill(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    const closed = new Promise((done) => server.close(done));
    server.closeAllConnections();
    await closed;
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const asked = { method: request.method ?? '', url: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks).toString() };
      this.asked.push(asked);
      this.answer(asked, response, request);
    });
  }
}
