/** A stand-in for pv-core: a real HTTP server on a unix socket that serves a graph and holds requests for it. */
import { createServer, type Server, type ServerResponse } from 'node:http';
import { mkdirSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { dirname } from 'node:path';

export class GraphServer {
  readonly path: string;
  /** Targets of the requests so far. */
  readonly requests: string[] = [];
  #graph: unknown = [];
  #version = 0;
  #held: { response: ServerResponse; etag: string }[] = [];
  #status = 200;
  #server: Server | undefined;

  constructor(path: string) {
    this.path = path;
    mkdirSync(dirname(path), { recursive: true });
  }

  async start(): Promise<void> {
    rmSync(this.path, { force: true });
    const server = createServer((request, response) => this.#serve(request.url ?? '', response));
    this.#server = server;
    server.listen(this.path);
    await once(server, 'listening');
  }

  /** Ends as if killed: connections break. */
  stop(): void {
    this.#server?.close();
    this.#server?.closeAllConnections();
    this.#server = undefined;
    this.#held = [];
  }

  /** How many requests wait for a change. */
  get held(): number {
    return this.#held.length;
  }

  set(graph: unknown): void {
    this.#graph = graph;
    this.#version += 1;
    this.#answerHeld();
  }

  /** From now on answers with this status, 200 for the graph. */
  setStatus(status: number): void {
    this.#status = status;
    this.#version += 1;
    this.#answerHeld();
  }

  #answerHeld(): void {
    for (const { response } of this.#held.splice(0)) this.#answer(response);
  }

  #serve(url: string, response: ServerResponse): void {
    this.requests.push(url);
    const etag = new URL(url, 'http://localhost').searchParams.get('wait');
    if (this.#status === 200 && etag === `v${this.#version}`) this.#held.push({ response, etag });
    else this.#answer(response);
  }

  #answer(response: ServerResponse): void {
    response.writeHead(this.#status, { ETag: `"v${this.#version}"` }).end(typeof this.#graph === 'string' ? this.#graph : JSON.stringify(this.#graph));
  }
}
