/** A storage directory as upstream leaves it on a device (spec state-engine 5.1): two revisions, the second one committed and running before. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, linkSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { buildExport } from '@pv/examples/build';

/** The container `app` of both revisions prints what it finds, and adds to its permanent volume. */
const start = `#!/bin/sh
echo "kept: $(cat /data/kept)"
echo "config: $(cat /etc/app.conf)"
echo more >>/data/kept
trap 'exit 0' TERM PWR INT
while :; do sleep 1 & wait $!; done
`;

/** As pvr's template writes it, but for the network, which no test shares with the host. */
const conf = `lxc.tty.max = 8
lxc.pty.max = 1024
lxc.rootfs.path = overlayfs:/volumes/app/root.squashfs:/volumes/app/lxc-overlay/upper
lxc.init.cmd = /start
lxc.environment = FROM=pvr
lxc.namespace.keep = user ipc
lxc.net.0.type = empty
lxc.mount.auto = proc sys:rw cgroup
lxc.mount.entry = tmpfs run tmpfs rw,nosuid,relatime,mode=755 0 0
lxc.mount.entry = /volumes/app/docker--data data none bind,rw,create=dir 0 0
`;

export const committed = 'locals/pvtx-1700000000-0a1b2c3d-7';

/** `marks`: of upstream's appengine; a device itself has none. */
export async function layDeviceStorage(dir: string, marks: readonly string[]): Promise<void> {
  const image = await rootImage(`${dir}.work`);
  const put = (path: string, content: string | Buffer): void => {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), content);
  };
  for (const revision of ['0', committed]) layTrail(dir, put, revision, image);
  symlinkSync(committed, join(dir, 'trails/current'));
  put('boot/uboot.txt', Buffer.concat([Buffer.from(`pv_rev=${committed}\0pv_try=\0`), Buffer.alloc(64 * 1024)]));
  put(`logs/${committed}/pantavisor/pantavisor.log`, '[pantavisor] 1 INFO\t -- [state]: an old line\n');
  put(`logs/${committed}/app/lxc/console.log`, 'an old console\n');
  put('logs/0/pantavisor/pantavisor.log', '[pantavisor] 1 INFO\t -- [state]: of the factory\n');
  symlinkSync(committed, join(dir, 'logs/current'));
  put('disks/perm/app/docker--data/kept', 'since years\n');
  put(`disks/rev/${committed}/app/docker--tmp/scratch`, 'of the revision\n');
  put('cache/usrmeta/note', 'a note');
  put('cache/devmeta/interfaces', '{}');
  put('config/pantahub.config', 'PH_CREDS_ID=prn:pantahub.com:auth:/x\n');
  put('pv/volume-disk/dm-internal/blob', 'of a disk');
  put('objects/partial.tmp', 'half a download');
  for (const mark of ['.pvmounted', ...marks]) put(mark, '');
}

async function rootImage(work: string): Promise<Buffer> {
  mkdirSync(work, { recursive: true });
  writeFileSync(join(work, 'start'), start, { mode: 0o755 });
  await buildExport(join(work, 'app.tgz'), { name: 'app', start: join(work, 'start'), args: {} }, '/bin/busybox', 0);
  execFileSync('tar', ['-xzf', 'app.tgz'], { cwd: work });
  const state = JSON.parse(readFileSync(join(work, 'json'), 'utf8')) as Record<string, string>;
  return readFileSync(join(work, 'objects', state['app/root.squashfs'] ?? ''));
}

/** Inline documents as files, objects as hard links, those of the kind `*.bind` as copies. */
function layTrail(dir: string, put: (path: string, content: string | Buffer) => void, revision: string, image: Buffer): void {
  const objects: Readonly<Record<string, string | Buffer>> = {
    'app/root.squashfs': image, 'app/lxc.container.conf': conf, '_config/app/etc/app.conf': `of ${revision}\n`, 'bsp/pantavisor': 'an initrd', 'bsp/modules.bind': 'modules', 'README.md': 'a device',
  };
  const documents = {
    'bsp/run.json': { initrd: 'pantavisor', modules: 'modules.bind' }, 'bsp/src.json': {}, 'network-mapping.json': {}, '_sigs/app.json': { '#spec': 'pvs@2', protected: 'x', signature: 'y' },
    'device.json': { groups: [{ name: 'edge', description: 'x', restart_policy: 'container', status_goal: 'STARTED', timeout: 30 }], disks: [] },
    'app/src.json': { '#spec': 'service-manifest-src@1' },
    'app/run.json': {
      '#spec': 'service-manifest-run@1', name: 'app', type: 'lxc', group: 'edge', config: 'lxc.container.conf', 'root-volume': 'root.squashfs', volumes: [], share: 'SHARED', conditions: [], roles: ['mgmt'],
      storage: { 'docker--data': { persistence: 'permanent' }, 'docker--tmp': { persistence: 'revision' }, 'lxc-overlay': { persistence: 'boot' } },
    },
  };
  const ids = Object.fromEntries(Object.entries(objects).map(([key, content]) => [key, createHash('sha256').update(content).digest('hex')]));
  const trail = join('trails', revision);
  put(join(trail, '.pvr/json'), JSON.stringify({ '#spec': 'pantavisor-service-system@1', ...documents, ...ids }));
  put(join(trail, '.pvr/config'), '{"ObjectsDir": "/var/pantavisor/storage/objects"}');
  put(join(trail, '.pv/progress'), '{"status":"DONE","status-msg":"Update finished, revision set as rollback point","progress":100,"retries":0}');
  put(join(trail, '.pv/done'), '');
  for (const [key, document] of Object.entries(documents)) put(join(trail, key), JSON.stringify(document));
  for (const [key, content] of Object.entries(objects)) {
    const object = join(dir, 'objects', ids[key] ?? '');
    put(join('objects', ids[key] ?? ''), content);
    mkdirSync(dirname(join(dir, trail, key)), { recursive: true });
    (key.endsWith('.bind') ? copyFileSync : linkSync)(object, join(dir, trail, key));
  }
  linkSync(join(dir, trail, 'bsp/pantavisor'), join(dir, trail, '.pv/pv-initrd.img'));
}
