/**
 * The graph as pv-core's answer has it. It comes from root's own pv-core on a root-only socket, which has checked the
 * names; so this checks the structure only, without a schema library. One bad entry costs that entry, not the mesh.
 */
import type { Link } from '@pv/contract/graph';

/** The contract's link, its strings not branded, since only their structure was checked here. */
export type GraphLink = { readonly [K in Exclude<keyof Link, OptionKey | keyof Consent>]: Link[K] extends number ? number : string } & LinkOptions & Consent;
type OptionKey = 'uid' | 'mode' | 'socket_type' | 'allow' | 'learn' | 'hide' | 'trusted';
/** Whom the provider lets in; a missing list is everybody. */
interface Consent {
  readonly roles?: readonly string[];
  readonly consumers?: readonly string[];
}
export type LinkOptions = Partial<Pick<Link, OptionKey>>;

export type ParsedGraph =
  | { readonly kind: 'graph'; readonly links: readonly GraphLink[]; /** For stderr, a line each. */ readonly problems: readonly string[] }
  | { readonly kind: 'bad'; readonly problem: string };

export function parseGraph(body: Buffer): ParsedGraph {
  const json = parseJson(body);
  if (json === undefined) return { kind: 'bad', problem: 'Failed to parse graph JSON' };
  if (!Array.isArray(json)) return { kind: 'bad', problem: 'Graph JSON is not an array' };
  const links: GraphLink[] = [];
  const problems: string[] = [];
  for (const entry of json as unknown[]) {
    // Other kinds of entries may come in later versions; they have no type.
    if (!isObject(entry) || !isText(entry['type'])) continue;
    const link = readLink(entry, entry['type']);
    if (link === undefined) problems.push('Link missing required fields');
    else links.push(link);
  }
  return { kind: 'graph', links, problems };
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    return undefined;
  }
}

function readLink(entry: Record<string, unknown>, type: string): GraphLink | undefined {
  const { name, consumer, provider, socket, target } = entry;
  if (!isText(name) || !isText(consumer) || !isText(provider) || !isPath(socket) || !isPath(target)) return undefined;
  const { role, interface: protocol, roles, consumers } = entry;
  // What keeps somebody out is never just dropped.
  if (!isListOrMissing(roles) || !isListOrMissing(consumers)) return undefined;
  return {
    type, name, consumer, provider,
    role: isText(role) ? role : 'client',
    socket,
    interface: isText(protocol) ? protocol : target,
    target,
    consumer_pid: readPid(entry['consumer_pid']),
    provider_pid: readPid(entry['provider_pid']),
    ...(roles === undefined ? {} : { roles }),
    ...(consumers === undefined ? {} : { consumers }),
    ...readOptions(entry),
  };
}

const optionKeys: readonly OptionKey[] = ['uid', 'mode', 'socket_type', 'allow', 'learn', 'hide', 'trusted'];

/** As pv-core's schema let them through when it accepted the state. */
function readOptions(entry: Record<string, unknown>): LinkOptions {
  return Object.fromEntries(optionKeys.flatMap((key) => (entry[key] === undefined ? [] : [[key, entry[key]]])));
}

/** Everything that is no pid means: does not run. */
function readPid(value: unknown): number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 && value < 2 ** 31 ? value : 0;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function isListOrMissing(value: unknown): value is readonly string[] | undefined {
  return value === undefined || (Array.isArray(value) && value.every((entry) => typeof entry === 'string'));
}

function isPath(value: unknown): value is string {
  return typeof value === 'string' && value.startsWith('/') && !value.includes('\0');
}
