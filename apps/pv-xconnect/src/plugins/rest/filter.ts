/**
 * The `rest` type: HTTP/1.0 and 1.1 of a consumer, read by a strict parser and written anew. Every request carries who
 * asks, in fields that the consumer cannot write; what the provider's `allow` does not name is refused; what two parsers
 * could read differently never goes on. One request is under way at a time; bodies are streamed both ways.
 *
 * When the provider ends a connection that has been used before, without a byte of an answer, ours ends the same way
 * instead of with a 502: it may have run out of patience just then, and HTTP clients try again on a new connection.
 */
import { HttpWireError } from '@pv/http-wire/errors';
import { listOf } from '@pv/http-wire/fields';
import { type Body, requestBody, responseBody } from '@pv/http-wire/framing';
import { requests, responses } from '@pv/http-wire/kinds';
import { MessageReader } from '@pv/http-wire/reader';
import type { RequestHead } from '@pv/http-wire/request';
import type { ResponseHead } from '@pv/http-wire/response';
import { type NamedValue, writeLastChunk } from '@pv/http-wire/write';
import type { Filter, FilterOutput, MakeFilter, Side } from '@pv/pv-native/relay/filter';
import { type Answer, answers, writeAnswer } from './answer.ts';
import type { Exchange } from './exchange.ts';
import { readConnection, trailersOf } from './hop.ts';
import { claimsIdentity, identityFields } from './identity.ts';
import { bodyTo, Outbox } from './outbox.ts';
import { outgoingRequest } from './request-out.ts';
import { bodyFor, interimResponse, outgoingResponse, switchingResponse } from './response-out.ts';
import { type Allow, RestRules } from './rules.ts';

export interface RestSpec {
  /** The consumer's name. */
  readonly client: string;
  readonly role: string;
  readonly allow?: Allow;
}

export const restFilterKind = 'rest';

export const makeRestFilter: MakeFilter = (spec, out, resumed?: unknown) => new RestFilter(spec as RestSpec, out, resumed as Snapshot | undefined);

/** What is left of a session between two exchanges. */
interface Snapshot {
  readonly wasUsed: boolean;
}

const none: Body = { kind: 'none' };
/** A response's head is awaited for 60 s at least, 75 s at most. One timer per session, not one per request. */
const turnMs = 15_000;
const patienceTurns = 4;

class RestFilter implements Filter {
  readonly #out: FilterOutput;
  readonly #identity: readonly NamedValue[];
  readonly #rules: RestRules;
  readonly #toConsumer: Outbox;
  readonly #toProvider: Outbox;
  readonly #requests: MessageReader<RequestHead>;
  readonly #responses: MessageReader<ResponseHead>;
  #exchange: Exchange | undefined;
  /** Came while the request before it was not answered; nothing more is read then. */
  #leftover: Uint8Array | undefined;
  #absence: 'away' | 'slow' | undefined;
  #wasUsed: boolean;
  #consumerEnded = false;
  #timed = false;
  /** The provider agreed to another protocol. */
  #switched = false;
  /** Nothing of what still comes is looked at. */
  #over = false;

  constructor({ client, role, allow }: RestSpec, out: FilterOutput, resumed: Snapshot | undefined) {
    this.#out = out;
    this.#wasUsed = resumed?.wasUsed ?? false;
    this.#identity = identityFields(client, role);
    this.#rules = new RestRules(role, allow);
    this.#toConsumer = new Outbox('consumer', out);
    this.#toProvider = new Outbox('provider', out);
    this.#requests = new MessageReader(requests, {
      ...bodyTo(this.#toProvider, () => true),
      onHead: (head) => this.#onRequestHead(head),
      onMessageEnd: (trailers) => {
        if (trailers !== undefined) this.#toProvider.text(writeLastChunk(trailersOf(trailers).filter((field) => !claimsIdentity(field))));
        this.#onRequestEnd();
      },
    });
    this.#responses = new MessageReader(responses, {
      ...bodyTo(this.#toConsumer, () => this.#exchange?.response?.kind === 'chunked'),
      onHead: (head) => this.#onResponseHead(head),
      onMessageEnd: (trailers) => {
        if (trailers !== undefined && this.#exchange?.response?.kind === 'chunked') this.#toConsumer.text(writeLastChunk(trailersOf(trailers)));
        this.#onResponseEnd();
      },
    });
  }

  /** Answered when there is a request to answer. */
  onAbsent(cause: 'away' | 'slow'): void {
    this.#absence = cause;
    this.#out.deadline(turnMs * patienceTurns);
  }

  onData(from: Side, bytes: Uint8Array, fds: readonly number[]): void {
    if (fds.length > 0) this.#out.closeFds(fds);
    if (this.#over) return;
    if (from === 'consumer') this.#takeRequests(bytes);
    else this.#takeResponses(bytes);
    this.#flush();
  }

  onEnd(from: Side): void {
    if (this.#over) return;
    if (from === 'consumer') this.#consumerEnd();
    else this.#providerEnd();
    this.#flush();
  }

  onDeadline(): void {
    this.#timed = false;
    if (this.#absence !== undefined) return this.#close();
    const exchange = this.#exchange;
    if (exchange?.requestDone !== true || exchange.response !== undefined) return;
    exchange.turns += 1;
    if (exchange.turns < patienceTurns) return this.#startTimer();
    this.#answer(answers.silent, exchange.method);
  }

  /** Between two exchanges there is nothing to remember but that there was one. */
  snapshot(): Snapshot | undefined {
    const isBetween = this.#exchange === undefined && this.#absence === undefined && !this.#over && this.#requests.isBetween;
    return isBetween ? { wasUsed: this.#wasUsed } : undefined;
  }

  #takeRequests(bytes: Uint8Array): void {
    try {
      for (let at = 0; at < bytes.length && !this.#over; ) {
        if (this.#exchange?.requestDone === true) return this.#keep(new Uint8Array(bytes.subarray(at)));
        at = this.#requests.take(bytes, at);
      }
    } catch (error) {
      if (!(error instanceof HttpWireError)) throw error;
      this.#refuseMalformed(error.message);
    }
  }

  #keep(rest: Uint8Array): void {
    this.#leftover = rest;
    this.#out.pause('consumer');
  }

  #takeLeftover(): void {
    const rest = this.#leftover;
    if (rest === undefined || this.#over) return;
    this.#leftover = undefined;
    this.#out.resume('consumer');
    this.#takeRequests(rest);
  }

  #onRequestHead(head: RequestHead): Body {
    const body = requestBody(head);
    const { method, target } = head;
    if (this.#absence !== undefined) return this.#answer(answers[this.#absence], method);
    const decision = this.#rules.decide(head);
    if (decision.kind === 'refused') {
      this.#out.refused(`${decision.rule}: ${method} ${target}`);
      return this.#answer({ status: 403, error: `Refused by ${decision.rule}: ${method} ${target}`, hint: decision.hint }, method);
    }
    const { text, persists, upgrades } = outgoingRequest(head, decision.target, body, this.#identity);
    this.#exchange = { method, version: head.version, upgrades, persists, requestDone: false, response: undefined, turns: 0 };
    this.#toProvider.text(text);
    return body;
  }

  #onRequestEnd(): void {
    const exchange = this.#exchange;
    if (exchange === undefined) return;
    exchange.requestDone = true;
    // The turn that is under way does not count.
    exchange.turns = this.#timed ? -1 : 0;
    this.#startTimer();
  }

  #startTimer(): void {
    if (this.#timed) return;
    this.#timed = true;
    this.#out.deadline(turnMs);
  }

  #takeResponses(bytes: Uint8Array): void {
    try {
      for (let at = 0; at < bytes.length && !this.#over; ) {
        if (this.#exchange === undefined) return this.#refuseUnasked();
        at = this.#responses.take(bytes, at);
        if (this.#switched) return this.#passThrough(bytes.subarray(at));
      }
    } catch (error) {
      if (!(error instanceof HttpWireError)) throw error;
      return this.#refuseResponse(error.message);
    }
    // Not before all of `bytes` was looked at: they cannot be the answer to what has not been asked.
    if (this.#exchange === undefined) this.#takeLeftover();
  }

  #onResponseHead(head: ResponseHead): Body {
    const exchange = this.#exchange;
    if (exchange === undefined) throw new Error('a response without an exchange');
    const body = responseBody(head, exchange.method);
    if (head.status === 101) return this.#switchTo(head, exchange);
    if (head.status < 200) {
      if (exchange.version === '1.1') this.#toConsumer.text(interimResponse(head));
      return none;
    }
    this.#switched = exchange.method === 'CONNECT' && head.status < 300;
    exchange.response = bodyFor(exchange, body);
    // A consumer that was answered early may send its body or not: nobody could tell it from a request.
    exchange.persists &&= exchange.requestDone && exchange.response.kind !== 'close' && !this.#consumerEnded && readConnection(head).persists;
    this.#toConsumer.text(outgoingResponse(head, exchange, exchange.response, exchange.persists || this.#switched));
    return body;
  }

  #switchTo(head: ResponseHead, { requestDone, upgrades }: Exchange): Body {
    const agreed = listOf(head.fields, 'upgrade');
    if (!requestDone || agreed.length === 0 || agreed.some((protocol) => !upgrades.includes(protocol))) throw new HttpWireError('a 101 to what was not asked for');
    this.#switched = true;
    this.#toConsumer.text(switchingResponse(head));
    return none;
  }

  #onResponseEnd(): void {
    const exchange = this.#exchange;
    if (exchange?.response === undefined || this.#switched) return;
    this.#exchange = undefined;
    this.#wasUsed = true;
    if (!exchange.persists) this.#close();
  }

  #passThrough(rest: Uint8Array): void {
    this.#toConsumer.bytes(rest);
    if (this.#leftover !== undefined) this.#toProvider.bytes(this.#leftover);
    this.#flush();
    this.#over = true;
    this.#out.passThrough();
  }

  #consumerEnd(): void {
    this.#consumerEnded = true;
    // Its end is not passed on while an answer is due: servers take it for a client that has gone.
    if (this.#exchange?.requestDone === true) return;
    if (this.#exchange === undefined && this.#requests.isBetween) return this.#close();
    this.#refuseMalformed('a request that ends too soon');
  }

  #providerEnd(): void {
    const ended = this.#responses.end();
    if (this.#over) return;
    const exchange = this.#exchange;
    if (exchange === undefined || (exchange.response === undefined && this.#wasUsed && ended === 'between')) return this.#close();
    if (exchange.response !== undefined) this.#out.note('the provider ended within a response');
    else this.#answer(answers.ended, exchange.method);
    this.#close();
  }

  #refuseMalformed(what: string): void {
    this.#out.note(`a request was refused: ${what}`);
    if (this.#exchange?.response !== undefined) return this.#close();
    this.#answer(answers.badRequest(what), this.#exchange?.method);
  }

  #refuseResponse(what: string): void {
    const exchange = this.#exchange;
    if (exchange === undefined || exchange.response !== undefined) {
      this.#over = true;
      return this.#out.abort(`the provider's response is malformed: ${what}`);
    }
    this.#out.note(`a response was refused: ${what}`);
    this.#answer(answers.badResponse(what), exchange.method);
  }

  #refuseUnasked(): void {
    this.#out.note('the provider sent bytes that no request asked for');
    this.#close();
  }

  /** The last answer of the session. */
  #answer(answer: Answer, method: string | undefined): Body {
    this.#toConsumer.bytes(writeAnswer(answer, method));
    this.#close();
    return none;
  }

  #close(): void {
    if (this.#over) return;
    this.#flush();
    this.#over = true;
    this.#out.finish();
  }

  #flush(): void {
    this.#toProvider.flush();
    this.#toConsumer.flush();
  }
}
