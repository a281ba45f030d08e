/**
 * What is the same for every revision: where the bus listens, whom it runs as, its limits, and a policy under which
 * nothing is allowed but to connect, to get answers, and to ask the bus about itself.
 */
import { busUser } from './user-database.ts';
import { busConfigFile, element, escapeXml } from './xml.ts';

export interface BusFiles {
  readonly socket: string;
  readonly policy: string;
}

const limits = {
  max_completed_connections: 512,
  max_incomplete_connections: 32,
  max_connections_per_user: 64,
  max_names_per_connection: 64,
  max_match_rules_per_connection: 512,
  max_replies_per_connection: 128,
  max_pending_service_starts: 1,
  /** Bytes, as all below. */
  max_message_size: 2 * 1024 * 1024,
  max_incoming_bytes: 4 * 1024 * 1024,
  max_outgoing_bytes: 4 * 1024 * 1024,
  max_message_unix_fds: 16,
  max_incoming_unix_fds: 64,
  max_outgoing_unix_fds: 64,
  /** Milliseconds. */
  auth_timeout: 10_000,
};

/** Of the bus's own interfaces; what is not here (Monitoring, Debug.Stats, Verbose, Activator) is closed to everybody, root too. */
const busInterfaces = ['org.freedesktop.DBus', 'org.freedesktop.DBus.Introspectable', 'org.freedesktop.DBus.Peer', 'org.freedesktop.DBus.Properties'];

export function baseConfigText({ socket, policy }: BusFiles): string {
  return busConfigFile([
    `<user>${busUser}</user>`,
    `<listen>${escapeXml(address(socket))}</listen>`,
    '<auth>EXTERNAL</auth>',
    ...Object.entries(limits).map(([name, value]) => `<limit name="${name}">${value}</limit>`),
    element('policy', { context: 'default' }, defaultRules),
    `<include>${escapeXml(policy)}</include>`,
    element('policy', { context: 'mandatory' }, mandatoryRules()),
  ]);
}

/** No rule allows to eavesdrop, and what no rule allows is denied; the language has no rule that denies just that. */
const defaultRules = [
  element('allow', { user: '*' }),
  element('deny', { own: '*' }),
  element('deny', { send_type: 'method_call' }),
  element('deny', { send_type: 'signal' }),
  element('deny', { receive_type: 'method_call' }),
  element('deny', { receive_type: 'signal' }),
  ...['method_return', 'error'].flatMap((type) => [
    element('allow', { send_type: type, send_requested_reply: 'true' }),
    element('allow', { receive_type: type, receive_requested_reply: 'true' }),
  ]),
];

function mandatoryRules(): string[] {
  const bus = { send_destination: 'org.freedesktop.DBus' };
  return [
    element('deny', bus),
    ...busInterfaces.map((name) => element('allow', { ...bus, send_interface: name, send_type: 'method_call' })),
    element('deny', { ...bus, send_interface: 'org.freedesktop.DBus', send_member: 'UpdateActivationEnvironment' }),
    element('allow', { receive_sender: 'org.freedesktop.DBus' }),
  ];
}

/** In a D-Bus address everything but these characters is written as %xx. */
function address(path: string): string {
  const escaped = [...Buffer.from(path)].map((byte) => {
    const char = String.fromCharCode(byte);
    return /[-0-9A-Za-z_/.*\\]/.test(char) ? char : `%${byte.toString(16).padStart(2, '0')}`;
  });
  return `unix:path=${escaped.join('')}`;
}
