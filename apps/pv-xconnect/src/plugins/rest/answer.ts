/** Answers that are ours and not the provider's. Each is the last one of its connection. */
import { writeHead } from '@pv/http-wire/write';

const reasons = { 400: 'Bad Request', 403: 'Forbidden', 502: 'Bad Gateway', 504: 'Gateway Timeout' } as const;

export interface Answer {
  readonly status: keyof typeof reasons;
  /** What happened. */
  readonly error: string;
  /** What to do. */
  readonly hint: string;
}

const letter = 'HTTP/1.0 or HTTP/1.1 to the letter of RFC 9112';
const log = 'Look into the log of the provider.';

export const answers = {
  away: { status: 502, error: 'The provider is not there', hint: 'Try again when it runs and listens; "pvcontrol graph ls" shows the links.' },
  slow: { status: 504, error: 'The provider takes no more connections', hint: 'It is too busy: try again later.' },
  silent: { status: 504, error: 'The provider does not answer', hint: log },
  ended: { status: 502, error: 'The provider ended the connection before it answered', hint: log },
  badRequest: (what: string): Answer => ({ status: 400, error: `Malformed request: ${what}`, hint: `Send ${letter}.` }),
  badResponse: (what: string): Answer => ({ status: 502, error: `Malformed response of the provider: ${what}`, hint: `It must send ${letter}.` }),
} as const satisfies Record<string, Answer | ((what: string) => Answer)>;

/** `method`: of the request, when it is known. */
export function writeAnswer({ status, error, hint }: Answer, method: string | undefined): Buffer {
  const body = Buffer.from(`${JSON.stringify({ Error: error, hint })}\n`);
  const head = writeHead(`HTTP/1.1 ${status} ${reasons[status]}`, [
    { name: 'Content-Type', value: 'application/json' },
    { name: 'Content-Length', value: String(body.length) },
    { name: 'Connection', value: 'close' },
  ]);
  return method === 'HEAD' ? Buffer.from(head) : Buffer.concat([Buffer.from(head), body]);
}
