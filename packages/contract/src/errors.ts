/**
 * The error catalogue: a stable code for programs, the HTTP status, the command line's exit code, and one
 * sentence that tells the user what to do. Where upstream has a text that clients compare, it is `text`.
 */
export interface ErrorEntry {
  readonly status: number;
  /** Exit code of pvcontrol (spec control-api 3.2). */
  readonly exit: number;
  /** The sentence in `Error`; `{detail}` is replaced when the error has one. */
  readonly text: string;
  /** What to do next. */
  readonly hint: string;
  /** Golden tests compare the body byte for byte: `Error` and nothing else. */
  readonly bare?: true;
}

const entry = (status: number, text: string, hint: string, exit = 255): ErrorEntry => ({ status, exit, text, hint });
const bare = (status: number, text: string, hint: string): ErrorEntry => ({ ...entry(status, text, hint), bare: true });

export const errorCatalogue = {
  'bad-host': entry(400, 'Host header must be missing, empty or localhost', 'Use http://localhost/... as the URL.'),
  'bad-request': entry(400, 'Malformed request: {detail}', 'Send HTTP/1.0 or HTTP/1.1.'),
  'bad-json': entry(400, 'Invalid JSON', 'Send a JSON object as the body, for example {"action":"stop"}.'),
  'missing-action': entry(400, "Missing 'action' field", 'Send {"action":"start"}, "stop" or "restart".'),
  'bad-action': entry(400, "Invalid action. Use 'start', 'stop', or 'restart'", 'Send {"action":"start"}, "stop" or "restart".'),
  'bad-name': entry(400, 'Invalid name: {detail}', 'List the valid names with GET /containers or GET /daemons.'),
  'missing-container-name': entry(400, 'Missing container name', 'Use PUT /containers/<name>.'),
  'missing-daemon-name': entry(400, 'Missing daemon name', 'Use PUT /daemons/<name>.'),
  'not-startable': entry(400, 'Container must be in STOPPED, STOPPING, or RECOVERING state to start', 'Wait until the container runs or stop it first.'),
  'not-restartable': entry(400, 'Container state does not allow restart', 'Wait until the container runs.'),
  'not-mgmt': bare(403, 'Request not sent from a mgmt platform', 'Give the container the role "mgmt" in its run.json, or call from the host.'),
  // Paths with a parameter: upstream's text lacks the article there.
  'not-mgmt-item': bare(403, 'Request not sent from mgmt platform', 'Give the container the role "mgmt" in its run.json, or call from the host.'),
  'system-container': entry(403, "Container has restart_policy 'system' and cannot be controlled via API", 'Set restart_policy "container" in its run.json.'),
  'daemon-is-caller': entry(403, 'pv-ctrl cannot be stopped through itself: nobody could ask to start it again', 'Use "restart", or stop pv-appengine.'),
  'no-such-endpoint': entry(404, 'unknown endpoint: {detail}', 'See docs/reference/api.md for the endpoints.'),
  'no-such-container': entry(404, 'Container not found', 'List the containers with: pvcontrol ls'),
  'no-such-daemon': entry(404, 'Daemon not found', 'List the daemons with: pvcontrol daemons ls'),
  'method-not-allowed': entry(405, 'Method not supported for this endpoint', 'See the Allow header for the methods.'),
  'method-not-implemented': entry(501, 'Unsupported protocol', 'Use GET, PUT, POST or DELETE.'),
  'request-timeout': entry(408, 'The request did not arrive in time', 'Send it again, without pauses.'),
  'too-large': entry(413, 'Body too large: at most {detail} bytes', 'Send a smaller body.'),
  'uri-too-long': entry(414, 'Request target too long: at most {detail} bytes', 'Shorten the path.'),
  'bad-expectation': entry(417, 'Unsupported protocol', 'Send "Expect: 100-continue" or no Expect field.'),
  'head-too-large': entry(431, 'Request head too large: at most {detail} bytes', 'Send fewer or shorter header fields.'),
  'internal': entry(500, 'Internal error: {detail}', 'Read pantavisor.log in the log directory of the revision.'),
  'no-build-info': entry(500, 'Error quering build info', 'Reinstall the package; its build information file is missing.'),
  'no-state': entry(503, 'State not loaded yet', 'Try again in a second.', 75),
  'busy': entry(503, 'Too many connections', 'Close idle connections, or try again.', 75),
  'mesh-away': entry(503, 'pv-xconnect does not answer: {detail}', 'Unless it was stopped it is started again on its own. See: pvcontrol daemons ls. Start it with: pvcontrol daemons start pv-xconnect', 75),
  'core-away': entry(503, 'pv-core does not answer: {detail}', 'It is restarted on its own; try again in a second.', 75),
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof errorCatalogue;

/** Body of every error answer. `Error` is upstream's key; `code` and `hint` are ours. */
export interface ErrorBody {
  readonly Error: string;
  readonly code?: ErrorCode;
  readonly hint?: string;
}

/** An expected refusal on its way to the client. */
export interface ApiError {
  readonly code: ErrorCode;
  readonly detail?: string;
}

export function errorBody(error: ApiError): ErrorBody {
  const { text, hint, bare } = errorCatalogue[error.code] as ErrorEntry;
  const Error = text.replace('{detail}', () => error.detail ?? '');
  return bare ? { Error } : { Error, code: error.code, hint };
}
