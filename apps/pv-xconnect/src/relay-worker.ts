/** The relay's thread: the loop, and the filters of the types that have one. */
import { workerData } from 'node:worker_threads';
import type { MakeFilter } from '@pv/pv-native/relay/filter';
import type { RelayWorkerData } from '@pv/pv-native/relay/relay';
import { runRelayThread } from '@pv/pv-native/relay/thread';
import { dbusFilterKind, makeDbusFilter } from './plugins/dbus/filter.ts';
import { makeRestFilter, restFilterKind } from './plugins/rest/filter.ts';
import { makeWaylandFilter, waylandFilterKind } from './plugins/wayland/filter.ts';

/** By the `kind` that a type's plugin names. */
const filters = new Map<string, MakeFilter>([[dbusFilterKind, makeDbusFilter], [restFilterKind, makeRestFilter], [waylandFilterKind, makeWaylandFilter]]);

runRelayThread({ ...(workerData as RelayWorkerData), filters });
