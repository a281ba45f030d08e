/** What the contract's table says about calls, as types. They cost nothing at run time: no schema is loaded. */
import type { RouteName, routes } from '@pv/contract/routes';
import type * as z from 'zod/mini';

type Row<N extends RouteName> = (typeof routes)[N];

export type Server = Row<RouteName>['server'];

/** The rows that a server has. */
export type RowOf<S extends Server> = { [N in RouteName]: Row<N>['server'] extends S ? N : never }[RouteName];

/** What a row answers with. */
export type Answer<N extends RouteName> = Row<N>['response'] extends { kind: 'json'; schema: infer S extends z.ZodMiniType }
  ? z.infer<S>
  : Row<N>['response'] extends { kind: 'text' } ? string : undefined;

interface Common {
  readonly signal?: AbortSignal;
}
type Params<N extends RouteName> = Row<N> extends { params: infer P } ? { readonly params: { readonly [K in keyof P]: string } } : unknown;
type Body<N extends RouteName> = Row<N> extends { body: { schema: infer S extends z.ZodMiniType } } ? { readonly body: z.input<S> } : unknown;
/** Hold the request until the resource's ETag differs from this one. */
type Held<N extends RouteName> = Row<N> extends { heldBy: 'wait' } ? { readonly wait?: string } : unknown;

/** What a call of a row takes. Parameters are plain strings: the server checks them. */
export type CallOptions<N extends RouteName> = Common & Params<N> & Body<N> & Held<N>;

/** Nothing needs to be said when there is nothing that must be. */
export type CallArguments<N extends RouteName> = Common extends CallOptions<N> ? [options?: CallOptions<N>] : [options: CallOptions<N>];

export type Result<T> =
  | { readonly kind: 'ok'; readonly status: number; readonly value: T; /** The body as it came. */ readonly text: string; readonly etag: string | undefined }
  | Refused
  | Unreachable;

/** The server answered with an error; `code` and `hint` are the catalogue's when it sent them. */
export interface Refused {
  readonly kind: 'refused';
  readonly status: number;
  readonly error: string;
  readonly code: string | undefined;
  readonly hint: string | undefined;
  /** The body as it came. */
  readonly text: string;
}

/** No answer that could be used. */
export interface Unreachable {
  readonly kind: 'unreachable';
  /** The system's, such as ENOENT or ECONNREFUSED; an HPE_ one of the HTTP parser; or TIMEOUT, TOO-LARGE, ABORTED, BROKEN. */
  readonly code: string;
  /** Names the socket. */
  readonly reason: string;
}
