/** What is in the exports of LXC containers, read by the programs that users have: tar, sha256sum, unsquashfs. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildExamples, examples } from '../src/build.ts';

const names = Object.keys(examples).filter((name) => examples[name]?.wasm === undefined);
const at = { root: '' };
const dir = (name: string) => join(at.root, name);
const run = (program: string, ...args: string[]) => execFileSync(program, args, { encoding: 'utf8' });

beforeAll(async () => {
  at.root = mkdtempSync(join(tmpdir(), 'pv-examples-test-'));
  for (const path of await buildExamples({ out: dir('built'), names })) {
    const name = /([^/]+)\.pvrexport\.tgz$/.exec(path)?.[1] ?? '';
    mkdirSync(dir(name));
    run('tar', '-xzf', path, '-C', dir(name));
  }
}, 300_000);
afterAll(() => rmSync(at.root, { recursive: true, force: true }));

const state = (name: string) => JSON.parse(readFileSync(join(dir(name), 'json'), 'utf8')) as Record<string, Record<string, unknown> & string>;
const object = (name: string, key: string) => join(dir(name), 'objects', state(name)[`${name}/${key}`] ?? '');

describe.each(names)('%s', (name) => {
  it('is a part of a state, with objects that carry their own hashes', () => {
    expect(state(name)['#spec']).toBe('pantavisor-service-system@1');
    expect(Object.keys(state(name))).toEqual(Object.keys(state(name)).sort());
    for (const id of readdirSync(join(dir(name), 'objects'))) expect(run('sha256sum', join(dir(name), 'objects', id)).split(' ')[0]).toBe(id);
    expect(readdirSync(join(dir(name), 'objects')).sort()).toEqual(Object.values(state(name)).filter((value) => /^[0-9a-f]{64}$/.test(value)).sort());
    expect(state(name)[`${name}/run.json`]).toMatchObject({ name, type: 'lxc', config: 'lxc.container.conf', 'root-volume': 'root.squashfs' });
  });

  it('has a network of its own, and no hooks', () => {
    const lines = readFileSync(object(name, 'lxc.container.conf'), 'utf8').split('\n');
    expect(lines.filter((line) => line.startsWith('lxc.net'))).toEqual(['lxc.net.0.type = empty']);
    expect(lines.filter((line) => /hook|namespace\.keep|rootfs\.path/.test(line))).toEqual([]);
  });

  it("has an image of root's files, all of one time", () => {
    const entries = run('unsquashfs', '-lln', '-UTC', object(name, 'root.squashfs')).split('\n').filter((line) => line.includes('squashfs-root'));
    expect(entries.length).toBeGreaterThan(100);
    expect(entries.filter((line) => !/^(?:drwxr-xr-x|-rw[x-]r-[x-]r-[x-]|lrwxrwxrwx) 0\/0 +\d+ 1970-01-01 00:00 /.test(line))).toEqual([]);
    expect(run('unsquashfs', '-cat', object(name, 'root.squashfs'), 'start')).toMatch(/^#!\/bin\/sh\n/);
  });
});

describe('the examples', () => {
  const policies = () => Object.fromEntries(names.map((name) => {
    const { group, restart_policy, roles = [] } = state(name)[`${name}/run.json`] as unknown as { group: string; restart_policy?: string; roles?: string[] };
    return [name, [group, restart_policy ?? 'of the group', ...roles].join(' ')];
  }));

  it('show each way to be controlled', () => {
    expect(policies()).toEqual({
      'pv-avahi': 'app of the group', 'pv-avahi-browse': 'app of the group',
      'pv-example-app': 'root container',
      'pv-example-dbus-server': 'app of the group', 'pv-example-dbus-client': 'app of the group', 'pv-example-dbus-client-nobody': 'app of the group', 'pv-example-dbus-client-attacker': 'app of the group',
      'pv-example-dbus-host-client': 'app of the group', 'pv-example-dbus-host-server': 'app of the group',
      'pv-example-drm-master': 'root container', 'pv-example-drm-provider': 'root container', 'pv-example-drm-render': 'root container',
      'pv-example-norole': 'root of the group nobody', 'pv-example-random': 'root container', 'pv-example-recovery': 'root container',
      'pv-example-rest-client': 'app of the group', 'pv-example-rest-server': 'app of the group',
      'pv-example-stubborn': 'root container', 'pv-example-unix-client': 'app of the group', 'pv-example-unix-server': 'app container',
      'pv-example-wayland-client': 'app of the group', 'pv-example-wayland-server': 'app of the group', 'pv-example-wayland-server-headless': 'app of the group',
    });
  });

  it('offer and need one service, the consumer naming its provider', () => {
    expect(state('pv-example-unix-server')['pv-example-unix-server/services.json']).toEqual({ '#spec': 'service-manifest-xconnect@1', services: [{ name: 'raw-unix', type: 'unix', socket: '/run/example/raw.sock' }] });
    expect(state('pv-example-unix-client')['pv-example-unix-client/services.json']).toEqual({ services: [{ type: 'unix', name: 'raw-unix', provider: 'pv-example-unix-server', socket: '/run/pv/services/raw-unix.sock' }] });
  });

  it('offer and need one HTTP service', () => {
    expect(state('pv-example-rest-server')['pv-example-rest-server/services.json']).toHaveProperty('services', [{ name: 'network-manager', type: 'rest', socket: '/run/nm/api.sock' }]);
    expect(state('pv-example-rest-client')['pv-example-rest-client/run.json']).toHaveProperty('services.required', [{ name: 'network-manager', type: 'rest', target: '/run/pv/services/network-manager.sock' }]);
  });

  it('need one bus in the roles of two users', () => {
    expect(state('pv-example-dbus-server')['pv-example-dbus-server/services.json']).toHaveProperty('services', [{ name: 'system-bus', type: 'dbus', socket: '/run/dbus/system_bus_socket' }]);
    for (const [name, role] of [['client', 'root'], ['client-nobody', 'nobody'], ['client-attacker', 'nobody']]) {
      expect(state(`pv-example-dbus-${name}`)[`pv-example-dbus-${name}/run.json`]).toHaveProperty('services.required', [
        { name: 'system-bus', type: 'dbus', role, interface: 'org.pantavisor.Example', target: '/run/dbus/system_bus_socket' },
      ]);
    }
  });

  it('own a name on the hosted bus, and need that bus in the role of its owner and of one that may call', () => {
    expect(state('pv-avahi')['pv-avahi/services.json']).toHaveProperty('services', [{ type: 'dbus', bus: 'system-bus', owns: 'org.freedesktop.Avahi', role: 'avahi-service', allow: ['operator', 'monitor'] }]);
    for (const [name, role] of [['pv-avahi', 'avahi-service'], ['pv-avahi-browse', 'monitor']] as const) {
      expect(state(name)[`${name}/run.json`]).toHaveProperty('services.optional', [expect.objectContaining({ name: 'system-bus', type: 'dbus', role, target: '/run/dbus/system_bus_socket' })]);
    }
  });

  it('hand out graphics devices, by the kind of each', () => {
    expect(state('pv-example-drm-provider')['pv-example-drm-provider/services.json']).toHaveProperty('services', [
      { name: 'drm-master', type: 'drm', socket: '/dev/dri/card0' },
      { name: 'drm-render', type: 'drm', socket: '/dev/dri/renderD128' },
    ]);
    expect(state('pv-example-drm-master')['pv-example-drm-master/run.json']).toHaveProperty('services.required', [{ name: 'drm-master', type: 'drm', role: 'master', target: '/dev/dri/card0' }]);
    expect(state('pv-example-drm-render')['pv-example-drm-render/run.json']).toHaveProperty('services.required', [{ name: 'drm-render', type: 'drm', role: 'render', target: '/dev/dri/renderD128' }]);
  });

  it('offer and need a compositor, which needs a card or does without', () => {
    for (const name of ['pv-example-wayland-server', 'pv-example-wayland-server-headless']) expect(state(name)[`${name}/services.json`]).toHaveProperty('services', [{ name: 'wayland-0', type: 'wayland', socket: '/run/wayland-0' }]);
    expect(state('pv-example-wayland-server')['pv-example-wayland-server/run.json']).toHaveProperty('services.required', [{ name: 'drm-master', type: 'drm', role: 'master', target: '/dev/dri/card0' }]);
    expect(state('pv-example-wayland-server-headless')['pv-example-wayland-server-headless/run.json']).toHaveProperty('services.required', []);
    expect(state('pv-example-wayland-client')['pv-example-wayland-client/run.json']).toHaveProperty('services.required', [{ name: 'wayland-0', type: 'wayland', target: '/run/wayland-0' }]);
  });

  it('have what weston loads by name, with the libraries of that, and data', () => {
    const files = (name: string) => run('unsquashfs', '-l', object(name, 'root.squashfs')).split('\n').map((path) => basename(path));
    const [drm, headless] = [files('pv-example-wayland-server'), files('pv-example-wayland-server-headless')];
    const parts = ['weston', 'desktop-shell.so', 'libweston-desktop-10.so.0', 'weston-desktop-shell', 'libcairo.so.2', 'evdev', 'weston.ini'];
    for (const listed of [drm, headless]) expect(listed).toEqual(expect.arrayContaining(parts));
    const byBackend = [drm, headless].map((listed) => listed.filter((file) => /-backend\.so$|^libgbm\./.test(file)).sort());
    expect(byBackend).toEqual([['drm-backend.so', 'libgbm.so.1'], ['headless-backend.so']]);
  });

  it('spell the recovery policy in both ways', () => {
    expect(state('pv-example-recovery')['pv-example-recovery/run.json']).toHaveProperty('auto_recovery.max_retries', 5);
    expect(state('pv-example-random')['pv-example-random/run.json']).toHaveProperty('PV_AUTO_RECOVERY.max_retries', 10);
  });
});
