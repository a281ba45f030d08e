/**
 * What a session may do with the names of its bus: SEE < TALK < OWN, as xdg-dbus-proxy defines them. Rules are about
 * well-known names; a unique name has the highest level of all names that it was ever seen to own, since a proxy that
 * took a level back could not do so without a race.
 */
import { busName } from '@pv/dbus-wire/build';

export const level = { none: 0, see: 1, talk: 2, own: 3 } as const;
export type Level = (typeof level)[keyof typeof level];

/** Plain data: it crosses the border of threads. */
export interface DbusSpec {
  /** The user that the session is on the bus, as the bus counts users. */
  readonly uid: number;
  /** The requirement's well-known name: no other is reachable, and without `allow` it may be called. */
  readonly interface?: string;
  /** The provider's rules for the consumer's role; missing: it has none. */
  readonly allow?: readonly DbusRule[];
  /** Nothing is refused that a rule could allow; that rule is noted. */
  readonly learn?: boolean;
}

export interface DbusRule {
  readonly see?: readonly string[] | undefined;
  readonly talk?: readonly string[] | undefined;
  readonly own?: readonly string[] | undefined;
}

/** Without one of these everything is allowed, and messages need not be looked at. */
export function hasPolicy({ interface: only, allow, learn }: DbusSpec): boolean {
  return only !== undefined || allow !== undefined || learn === true;
}

/** Unique names of which a session knows something. Whoever comes back to a bus has a new one. */
const maxKnown = 4096;

/** What was learnt of unique names. Plain arrays: it may go through JSON. */
export interface KnownPeers {
  readonly peers: readonly (readonly [string, Level])[];
  readonly names: readonly (readonly [string, string])[];
}

export class Policy {
  readonly #rules: ReadonlyMap<string, Level>;
  readonly #only: string | undefined;
  readonly #peers: Map<string, Level>;
  readonly #names: Map<string, string>;

  constructor({ interface: only, allow }: DbusSpec, known: KnownPeers = { peers: [], names: [] }) {
    this.#peers = new Map(known.peers);
    this.#names = new Map(known.names);
    this.#rules = allow === undefined ? new Map(only === undefined ? [] : [[only, level.talk]]) : collect(allow);
    this.#only = only;
  }

  known(): KnownPeers {
    return { peers: [...this.#peers], names: [...this.#names] };
  }

  /** The names, or `name.*`, whose owners must be known. */
  get patterns(): readonly string[] {
    return this.#only === undefined ? [...this.#rules.keys()] : [this.#only];
  }

  levelOf(name: string): Level {
    if (name === busName) return level.talk;
    if (name.startsWith(':')) return this.#peers.get(name) ?? level.none;
    return this.#only === undefined || name === this.#only ? this.#byRules(name) : level.none;
  }

  /** `unique` owns `name`. */
  owns(unique: string, name: string): void {
    this.#names.set(unique, name);
    if (this.#names.size > maxKnown) forgetOne(this.#names, () => true);
    this.atLeast(unique, this.levelOf(name));
  }

  /** A well-known name that `unique` was seen to own. */
  nameOf(unique: string): string | undefined {
    return this.#names.get(unique);
  }

  atLeast(unique: string, granted: Level): void {
    if (!unique.startsWith(':') || granted <= this.levelOf(unique)) return;
    this.#peers.set(unique, granted);
    // Anybody who may call the consumer is seen by it: rather one of those.
    if (this.#peers.size > maxKnown) forgetOne(this.#peers, (one) => one === level.see);
  }

  /** The name itself, and `.*` of it and of every name above it. */
  #byRules(name: string): Level {
    let granted = this.#rules.get(name) ?? level.none;
    for (let above = name; above !== ''; above = above.slice(0, Math.max(0, above.lastIndexOf('.')))) {
      granted = max(granted, this.#rules.get(`${above}.*`) ?? level.none);
    }
    return granted;
  }
}

/** The oldest of those, else of all. */
function forgetOne<T>(known: Map<string, T>, isOfThose: (value: T) => boolean): void {
  const [oldest] = known.keys();
  for (const [unique, value] of known) if (isOfThose(value)) return void known.delete(unique);
  if (oldest !== undefined) known.delete(oldest);
}

function collect(allow: readonly DbusRule[]): Map<string, Level> {
  const rules = new Map<string, Level>();
  for (const rule of allow) {
    for (const key of ['see', 'talk', 'own'] as const) {
      for (const pattern of rule[key] ?? []) rules.set(pattern, max(rules.get(pattern) ?? level.none, level[key]));
    }
  }
  return rules;
}

function max(a: Level, b: Level): Level {
  return a > b ? a : b;
}
