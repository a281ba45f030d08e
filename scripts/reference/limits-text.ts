/** The error catalogue and the limits as Markdown. */
import { errorCatalogue, type ErrorCode, type ErrorEntry } from '@pv/contract/errors';
import { limits } from '@pv/contract/limits';

/** What can meet any request, whatever its row says. */
const everywhere: readonly ErrorCode[] = [
  'bad-host', 'bad-request', 'bad-name', 'not-mgmt', 'not-mgmt-item', 'no-such-endpoint', 'method-not-allowed', 'request-timeout', 'uri-too-long',
  'bad-expectation', 'head-too-large', 'internal', 'method-not-implemented', 'busy', 'core-away',
];

const meaning: Readonly<Record<keyof typeof limits, string>> = {
  requestTargetBytes: 'Request target, in bytes',
  headBytes: 'Request line and header fields together, in bytes',
  headMs: 'Until the head has arrived, in ms',
  bodyIdleMs: 'Without a byte of a body, in ms',
  requestMs: 'Until the whole request has arrived, and without any progress of an answer, in ms',
  keepAliveMs: 'Between two requests of a connection, in ms',
  pipelined: 'Requests sent ahead of their answers on a connection',
  lingerMs: 'What is still read after the last answer of a connection, in ms',
  lingerBytes: 'The same, in bytes',
  connections: 'Connections to pv-ctrl',
  connectionsPerContainer: 'Connections of one container',
  connectionsForHost: 'Connections that containers leave to the host',
  coreAwayMs: 'How long pv-ctrl waits for a pv-core that is being restarted, in ms',
  heldMs: 'How long a held request is held, in ms',
  answerBytes: "Our clients' cap on an answer, in bytes",
};

export const everywhereText = (): string => everywhere.map((code) => `\`${code}\` (${errorCatalogue[code].status})`).join(', ');

export function errorTable(): string {
  const entries = Object.entries(errorCatalogue) as [ErrorCode, ErrorEntry][];
  const lines = entries.map(([code, { status, exit, text, hint }]) => `| \`${code}\` | ${status} | ${exit} | ${cell(text)} | ${cell(hint)} |`);
  return ['| Code | Status | Exit code of `pvcontrol` | `Error` | What to do |', '|---|---|---|---|---|', ...lines].join('\n');
}

export function limitTable(): string {
  const names = Object.keys(limits) as (keyof typeof limits)[];
  return ['| Limit | Value |', '|---|---|', ...names.map((name) => `| ${meaning[name]} | ${limits[name]} |`)].join('\n');
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replace(/<(\w+)>/g, '`<$1>`');
