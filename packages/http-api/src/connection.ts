/**
 * One client connection: its requests are served one after the other, in order, each answered exactly once,
 * however many the client sent ahead. After the last answer nothing else is served.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import type { ApiError } from '@pv/contract/errors';
import { answered, createExchange, type Exchange, type Limits, type SteeredExchange } from './exchange.ts';
import { lastAnswer } from './last-answer.ts';

export type Serve = (exchange: Exchange) => Promise<void>;
export type OnRefused = (error: ApiError, socket: Socket) => void;

export class Connection {
  readonly #socket: Socket;
  readonly #limits: Limits;
  readonly #serve: Serve;
  readonly #onRefused: OnRefused;
  readonly #waiting = new Set<SteeredExchange>();
  #turn: Promise<void> = Promise.resolve();
  #newest: SteeredExchange | undefined;
  #closing = false;

  constructor(socket: Socket, limits: Limits, serve: Serve, onRefused: OnRefused) {
    this.#socket = socket;
    this.#limits = limits;
    this.#serve = serve;
    this.#onRefused = onRefused;
    socket.once('end', () => this.#hurry());
  }

  /** Takes no new request, hurries those it has, and resolves when they are answered. */
  idle(): Promise<void> {
    this.#closing = true;
    this.#hurry();
    return this.#turn;
  }

  request(request: IncomingMessage, response: ServerResponse, expectsContinue: boolean): void {
    if (this.#closing) return;
    if (this.#waiting.size >= this.#limits.pipelined) {
      this.fail({ code: 'busy' });
      return;
    }
    const steered = createExchange(request, response, this.#limits, expectsContinue);
    this.#newest = steered;
    this.#waiting.add(steered);
    this.#next(async () => {
      // What came in one piece with the head is parsed by then, so a refusal can tell a whole request from a torn one.
      if (!request.complete) await turn();
      await this.#serve(steered.exchange);
      await answered(steered.exchange);
      this.#waiting.delete(steered);
    });
  }

  /** No further request can be understood: breaks off the one that is still arriving, or answers on its own. */
  fail(error: ApiError): void {
    if (this.#closing) return;
    this.#closing = true;
    stopParsing(this.#socket);
    const newest = this.#newest;
    if (newest !== undefined && !newest.exchange.request.complete && this.#waiting.has(newest)) {
      newest.breakOff(error);
      return;
    }
    this.#onRefused(error, this.#socket);
    this.#next(() => {
      lastAnswer(this.#socket, error, this.#limits);
      return Promise.resolve();
    });
  }

  #hurry(): void {
    for (const steered of this.#waiting) steered.hurry();
  }

  #next(step: () => Promise<void>): void {
    this.#turn = this.#turn.then(() => (this.#socket.destroyed ? undefined : step()));
  }
}

/** Of every further request the parser would make objects, for as long as an answer before it is awaited. */
function stopParsing(socket: Socket): void {
  // Any listener takes the socket back from Node's parser, which otherwise reads the descriptor itself.
  socket.on('data', () => undefined);
  socket.removeAllListeners('data');
}
