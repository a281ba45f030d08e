/** The relay's thread: the loop, and the filters and talks of the types that have one. */
import { workerData } from 'node:worker_threads';
import type { MakeFilter } from '@pv/pv-native/relay/filter';
import type { RelayWorkerData } from '@pv/pv-native/relay/relay';
import type { MakeTalk } from '@pv/pv-native/relay/talk';
import { runRelayThread } from '@pv/pv-native/relay/thread';
import { dbusFilterKind, makeDbusFilter } from './plugins/dbus/filter.ts';
import { makeRestFilter, restFilterKind } from './plugins/rest/filter.ts';
import { makeWaylandFilter, waylandFilterKind } from './plugins/wayland/filter.ts';
import { makeSecurityContext, securityContextKind } from './plugins/wayland/security-context.ts';

/** By the `kind` that a type's plugin names. */
const filters = new Map<string, MakeFilter>([[dbusFilterKind, makeDbusFilter], [restFilterKind, makeRestFilter], [waylandFilterKind, makeWaylandFilter]]);
const talks = new Map<string, MakeTalk>([[securityContextKind, makeSecurityContext]]);

runRelayThread({ ...(workerData as RelayWorkerData), filters, talks });
