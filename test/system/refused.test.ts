/** Revisions whose mesh cannot be: refused on a real boot, by file and JSON path, before anything is started. */
import { renderRunJson } from '@pv/examples/manifest';
import type { Box } from '@pv/testkit/box/box';
import { startBox } from '@pv/testkit/box/start-box';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { bootDocuments, expectNothingLeft } from '../kit/refused-boot.ts';

const made: { box?: Box } = {};
const box = (): Box => made.box ?? expect.fail('there is no box');
beforeAll(async () => void (made.box = await startBox()));
afterAll(() => made.box?.stop());

const bus = '/run/dbus/system_bus_socket';
const owns = (role: string) => ({ type: 'dbus', owns: 'org.pantavisor.Example', role, allow: ['operator'] });

interface Case {
  /** Of the containers `one` and `two`: requirements, and entries of services.json. */
  readonly one?: { readonly needs?: readonly object[]; readonly offers?: readonly object[] };
  readonly two?: { readonly needs?: readonly object[]; readonly offers?: readonly object[] };
  readonly device?: object;
  readonly says: string;
}

const cases: Readonly<Record<string, Case>> = {
  '7.1-4 a compositor without the provider of its card': { one: { offers: [{ name: 'wayland-0', type: 'wayland', socket: '/run/wayland-0' }], needs: [{ name: 'drm-master', type: 'drm', target: '/dev/dri/card0' }] }, says: "one/run.json: $.services.required[0]: required service 'drm-master' for platform 'one' not found" },
  '7.1-9 a required provider that is missing': { one: { needs: [{ name: 'raw-data', target: '/run/raw.sock' }] }, says: "one/run.json: $.services.required[0]: required service 'raw-data' for platform 'one' not found" },
  '7.1-14 an export named system-bus': { one: { offers: [{ name: 'system-bus', type: 'dbus', socket: bus }] }, says: "platform 'one' exports reserved service name 'system-bus' while the hosted system bus is enabled" },
  '7.1-14 a name with two owners': { one: { offers: [owns('first')] }, two: { offers: [owns('second')] }, says: "well-known name 'org.pantavisor.Example' on bus 'system-bus' is owned by more than one app" },
  '7.1-16 a service over TCP': { one: { offers: [{ name: 'hello', type: 'tcp', port: 80 }] }, says: 'one/services.json: $.services[0].type: must be one of' },
  '7.1-17 ingress': { one: { offers: [{ name: 'raw-data', type: 'unix', socket: '/s' }] }, device: { ingress: [{ name: 'ssh', type: 'tcp', external: '0.0.0.0:2222', provider: 'one', service: 'raw-data' }] }, says: 'device.json: $.ingress: ingress is not offered' },
  'interface: null in the graph: a null in the manifest': { one: { offers: [{ name: 'count', type: 'unix', socket: '/s' }] }, two: { needs: [{ name: 'count', interface: null, target: '/t' }] }, says: 'two/run.json: $.services.required[0].interface: must be a string' },
  'interface: null in the graph: a requirement without a target': { one: { offers: [{ name: 'count', type: 'unix', socket: '/s' }] }, two: { needs: [{ name: 'count' }] }, says: `two/run.json: $.services.required[0]: service 'count' needs "target"` },
  '7.2-5 a role with a line break': { one: { offers: [{ name: 'raw-data', type: 'unix', socket: '/s' }] }, two: { needs: [{ name: 'raw-data', role: 'a\r\nX-PV-Role: root', target: '/t' }] }, says: 'two/run.json: $.services.required[0].role: is not a role' },
  '7.2-18 two providers of one name': { one: { offers: [{ name: 'raw-data', type: 'unix', socket: '/s' }] }, two: { offers: [{ name: 'raw-data', type: 'unix', socket: '/s' }], needs: [{ name: 'raw-data', target: '/t' }] }, says: "service 'raw-data' is exported by 'one', 'two': say which with \"provider\"" },
};

it.each(Object.entries(cases))('%s is refused with file and path', async (what, { one = {}, two = {}, device, says }) => {
  const documents = Object.fromEntries(Object.entries({ one, two }).flatMap(([name, { needs = [], offers }]) => [
    [`${name}/run.json`, renderRunJson(name, { PV_GROUP: 'app', PV_SERVICES_REQUIRED: needs })],
    ...(offers === undefined ? [] : [[`${name}/services.json`, { services: offers }]]),
  ]));
  const more = device === undefined ? {} : { 'device.json': device };
  const { code, stderr } = await bootDocuments(box(), what.replace(/\W+/g, '-'), ['one', 'two'], { ...documents, ...more }, { PV_XCONNECT_DBUS_SYSTEMBUS_ENABLED: '1' });
  expect([code, stderr]).toEqual([1, expect.stringContaining(says)]);
  await expectNothingLeft(box());
});
