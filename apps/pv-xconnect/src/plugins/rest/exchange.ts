/** One request and what answers it, as far as it has come. At most one is under way in a session. */
import type { Body } from '@pv/http-wire/framing';
import type { Version } from '@pv/http-wire/version';

export interface Exchange {
  readonly method: string;
  readonly version: Version;
  /** Protocols that a 101 may switch to. */
  readonly upgrades: readonly string[];
  /** The whole request has gone on. */
  requestDone: boolean;
  /** Another exchange may follow. */
  persists: boolean;
  /** How the body of the response is sent, once its final head has gone on. */
  response: Body | undefined;
  /** Turns of the session's timer that it has waited for an answer. */
  turns: number;
}
