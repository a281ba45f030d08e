/**
 * The cases that the mesh must stand: 7.1 what it is for, 7.2 what is done against it and what goes wrong around it. A test
 * that shows one begins its title with the number. `weaknesses`: what a mesh of sockets is prone to, each with the title
 * (its beginning or its whole) of a test that shows that ours is not.
 */

export const meshCases: Readonly<Record<string, string>> = {
  '7.1-1': 'a pair over a plain socket (`unix`)',
  '7.1-2': 'a bus in a provider (`dbus`), its clients with two roles',
  '7.1-3': 'an HTTP service (`rest`)',
  '7.1-4': 'a graphics device (`drm`), and a compositor only with its card',
  '7.1-5': 'a plain request through the injected socket',
  '7.1-6': 'the same with the write side shut first',
  '7.1-7': '100 connections, and half-open ones that are left',
  '7.1-8': 'daemons stopped and started through the API',
  '7.1-9': 'a required provider that is missing',
  '7.1-10': 'a peer that restarts',
  '7.1-11': 'the API after the mesh has asked it',
  '7.1-12': 'the hosted bus: owner, caller, and who is neither',
  '7.1-13': 'a stock service, Avahi, on the hosted bus',
  '7.1-14': 'collisions on the hosted bus',
  '7.1-15': 'D-Bus activation: not offered, and said so',
  '7.1-16': 'services over TCP: not offered, and said so',
  '7.1-17': 'ingress: not offered, and said so',
  '7.1-18': '`pv-xconnect` by hand',
  '7.2-1': 'identity claimed in a request: any case, `_`, twice, folded, in trailers',
  '7.2-2': 'the same on later and pipelined requests',
  '7.2-3': 'requests that can be read in two ways, cut anywhere',
  '7.2-4': 'requests hidden in upgrades, tunnels and bodies; responses nobody asked for',
  '7.2-5': 'names and roles with CR, LF, quotes, UTF-8, 10 kB',
  '7.2-6': 'every way to be somebody else in the D-Bus handshake',
  '7.2-7': 'roles that look like numbers, and passwd files that are none',
  '7.2-8': 'several roles at once, a role that changes, the socket of somebody else',
  '7.2-9': 'descriptors over D-Bus, with a bus that takes them and one that does not',
  '7.2-10': 'the hosted bus: hostile names, call-backs, signals, queues, 100 roles',
  '7.2-11': 'a provider whose socket is a link to the host, or no socket; long paths',
  '7.2-12': 'a target that is relative, taken, mounted, read-only, linked, too long, the source itself',
  '7.2-13': 'a device that is none; a node that is right already; rules that deny',
  '7.2-14': 'the host stays as it was, whatever does not run',
  '7.2-15': 'restarts and kills at the worst moments: of a provider, a consumer, `pv-xconnect`',
  '7.2-16': 'a pid that means another container now',
  '7.2-17': 'a link that leaves the graph',
  '7.2-18': 'two providers of one name, in changing order',
  '7.2-19': 'graphs that are large, slow, cut off, wrong; an API that hangs or is another',
  '7.2-20': 'a wall clock that jumps, a process that stands still',
  '7.2-21': 'a reader that never reads',
  '7.2-22': 'thousands of connections of one consumer; no descriptor left',
  '7.2-23': 'half-open sessions, long downloads, resets, 8 MiB after a half-close',
  '7.2-24': '10 000 connections one after another, storms against an absent provider',
  '7.2-25': '253 descriptors in a message, unread ones, lost ones',
  '7.2-26': 'real Wayland clients: pixels, keymap, clipboard, two of them, a restart',
};

/** No test asserts a duration. */
export const measuredCases: Readonly<Record<string, string>> = {
  '7.2-27': 'throughput and added latency: measured by `npm run bench:mesh`, see [performance](../overview/performance.md)',
};

export interface Weakness {
  readonly what: string;
  readonly file: string;
  readonly title: string;
}

const state = 'packages/state/test/revision.test.ts';
const bus = 'packages/state/test/hosted-bus.test.ts';
const mesh = 'apps/pv-xconnect/test';
const policy = 'apps/pv-core/test/hosted-bus/policy.test.ts';

export const weaknesses: readonly Weakness[] = [
  { what: 'a manifest in a form that nobody understands is dropped in silence', file: state, title: 'services that are no list' },
  { what: 'what a manifest means depends on the order of its keys', file: state, title: 'do not depend on the order of the document' },
  { what: 'a manifest of no container is dropped', file: state, title: 'services of nobody' },
  { what: 'a service given as a bare word loses its name', file: state, title: 'a name alone' },
  { what: 'a missing target becomes a file called `null`', file: state, title: 'a target that is null' },
  { what: 'a role is found in another key, or twice', file: state, title: 'have the role of their own key, whatever else says role, and a word is no key' },
  { what: 'two links fight for one target, or two providers for one name', file: state, title: '7.2-18 two providers of one name' },
  { what: 'a consumer gets a service of another type than it asked for', file: state, title: 'another type' },
  { what: 'whoever claims a role has it', file: state, title: 'a role the provider refuses' },
  { what: 'the same, when the graph was made otherwise', file: `${mesh}/direct-and-consent.test.ts`, title: 'a provider that does not want this consumer or role is left alone, whatever the graph says' },
  { what: 'a reserved name is refused without a way out', file: bus, title: '7.1-14 refuses an export named system-bus, with a way out' },
  { what: 'a dead pid stays in the graph', file: `${mesh}/graph/parse.test.ts`, title: '7.2-19 the pid %j means: does not run' },
  { what: 'nobody can see why a link does not work', file: 'test/system/graph.test.ts', title: 'names what is not declared' },
  { what: 'looking at the graph writes to the storage', file: 'apps/pv-core/test/hosted-bus/prepare.test.ts', title: 'is changed only by a revision that asks for something else' },
  { what: 'lines come late, or forge others', file: `${mesh}/lines.test.ts`, title: 'lines go out at once and whole, control characters escaped' },
  { what: 'a client that leaves in mid-answer ends the daemon', file: `${mesh}/main.test.ts`, title: 'when nobody reads its lines any more it goes on' },
  { what: 'changes are found by polling', file: `${mesh}/graph/follow.test.ts`, title: 'each change comes by a request that was held for it' },
  { what: 'a server that hangs costs a connection at each look', file: `${mesh}/graph/fetch.test.ts`, title: '7.2-19 a server that hangs, before its answer or in it, costs one request and one deadline' },
  { what: 'a graph that comes in two reads is never read', file: `${mesh}/graph/fetch.test.ts`, title: '7.2-19 1 MiB is taken whole' },
  { what: 'an answer of any size is taken', file: `${mesh}/http-call.test.ts`, title: 'an answer beyond the cap is given up' },
  { what: 'a removed link goes on serving', file: `${mesh}/mesh.test.ts`, title: '7.2-17 a link that leaves the graph takes its socket, its listener and its sessions with it' },
  { what: 'a changed role, provider or socket goes unnoticed', file: `${mesh}/mesh.test.ts`, title: 'a change of the %s makes the link anew and ends its sessions' },
  { what: 'a session that began under the old role speaks under the new link', file: `${mesh}/plugins/dbus/roles-on-bus.test.ts`, title: '7.2-8 a role that is changed while a session lives' },
  { what: 'the same failure is tried at one pace for ever', file: `${mesh}/backoff.test.ts`, title: 'doubles from the first pause to the longest' },
  { what: 'one file system that hangs stops the mesh for all', file: `${mesh}/links/hanging.test.ts`, title: 'a provider whose socket is on one is refused with the reason' },
  { what: 'a consumer that does not run yet has its socket made on the host', file: `${mesh}/links/hostile.test.ts`, title: '7.2-14 a consumer that does not run leaves the host byte-identical' },
  { what: 'sockets stay behind at the end, or what took their place is deleted', file: `${mesh}/links/hostile.test.ts`, title: '7.2-14 when a consumer replaced the injected socket by something of its own' },
  { what: 'an unknown action of a daemon is taken for done', file: 'test/system/walk.test.ts', title: '7.1-8 an unknown action of a daemon is refused' },
  { what: 'a long path is cut off', file: `${mesh}/links/hostile.test.ts`, title: '7.2-11 7.2-12 a path of 200 bytes' },
  { what: 'a symbolic link leads to the host', file: `${mesh}/links/hostile.test.ts`, title: '7.2-11 a provider whose socket is $what reaches nothing' },
  { what: 'a pid that was reused is connected to', file: `${mesh}/links/pid-reuse.test.ts`, title: '7.2-16 the pid of a stopped provider' },
  { what: 'a half-close is not passed on, and cuts off what was under way', file: 'packages/pv-native/test/relay/session.test.ts', title: '7.2-23 a half-close is passed on after everything before it' },
  { what: 'an absent provider is complained of at every connection, or never', file: `${mesh}/floods.test.ts`, title: '7.2-24 a storm against an absent provider' },
  { what: 'a slow reader takes all memory', file: `${mesh}/floods.test.ts`, title: '7.2-21 over %s a client that never reads' },
  { what: 'without a descriptor nothing goes on', file: `${mesh}/few-descriptors.test.ts`, title: '7.2-22 without a descriptor left' },
  { what: 'descriptors are dropped', file: 'packages/pv-native/test/relay/session.test.ts', title: '7.2-25 253 descriptors in one message arrive' },
  { what: 'providers of packets cannot be reached', file: 'packages/pv-native/test/relay/session.test.ts', title: 'packets keep their borders and their descriptors' },
  { what: 'who asks is not said to an HTTP provider, or the client says it', file: `${mesh}/plugins/rest/rest.test.ts`, title: '7.2-1 7.2-2 whatever the consumer claims' },
  { what: 'an absent or slow HTTP provider is a closed connection', file: `${mesh}/plugins/rest/filter.test.ts`, title: '%s: the request is answered with %i' },
  { what: 'a role on a bus is decoration: anybody becomes root', file: `${mesh}/plugins/dbus/identity-on-bus.test.ts`, title: '7.2-6 the role nobody stays nobody after %s' },
  { what: 'the user changes, but groups stay those of root', file: 'packages/pv-native/test/relay/session.test.ts', title: 'the provider sees the uid and gid that it is to be reached under, and no other groups' },
  { what: 'a FIFO as passwd holds up everything', file: `${mesh}/plugins/dbus/identity.test.ts`, title: '7.2-7 passwd is %s' },
  { what: 'descriptors are agreed upon, then lost', file: `${mesh}/plugins/dbus/descriptors.test.ts`, title: '7.2-9 a provider that takes no descriptors makes the answer a clean ERROR' },
  { what: 'any device can be handed out as a graphics card', file: `${mesh}/plugins/drm/hostile.test.ts`, title: '7.2-13 a provider whose device is %s hands out nothing' },
  { what: 'a node is made anew under its user', file: `${mesh}/plugins/drm/drm.test.ts`, title: '7.2-13 a node that is right already stays the same file' },
  { what: 'a device is never taken back', file: `${mesh}/plugins/drm/mesh.test.ts`, title: '7.1-4 a card comes with the link and goes with it' },
  { what: 'a card has two masters', file: `${mesh}/plugins/drm/drm.test.ts`, title: 'a card has one consumer at a time' },
  { what: 'Wayland clients cannot draw', file: `${mesh}/plugins/wayland/wayland.test.ts`, title: '7.2-26 a client draws through wl_shm on weston' },
  { what: 'every client of a compositor may look at the screen', file: `${mesh}/plugins/wayland/wayland.test.ts`, title: 'what the provider hides is not there' },
  { what: 'no role and the role `any` are two identities', file: bus, title: 'gives a requirement without a role and one with "any" the same identity' },
  { what: 'names of another bus are granted on this one', file: bus, title: '7.2-10 a bus of another name' },
  { what: 'a name rewrites the policy of the bus', file: bus, title: '7.2-10 a role with angle brackets' },
  { what: 'a role that nobody allowed is disconnected', file: policy, title: '7.2-10 of a role that is only in a requirement get AccessDenied' },
  { what: 'owners cannot call back', file: policy, title: '7.2-10 of an owner back to the unique name of a caller work' },
  { what: 'anybody signals anybody', file: policy, title: '7.2-10 signals: those of an owner reach whom it allows' },
  { what: 'the bus can be watched, or has rights', file: policy, title: 'denies UpdateActivationEnvironment, and an eavesdropper hears nothing' },
];
