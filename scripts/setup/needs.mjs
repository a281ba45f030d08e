// The programs that this project needs from the system, each with the Debian package that has it.
// A program is looked for by what it provides, never by its package's name: where it came from does not matter.
import { accessSync, closeSync, constants, existsSync, openSync, readFileSync, readSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const needs = [
  { program: 'lxc-start', package: 'lxc', why: 'runs the containers' },
  { program: 'lxc-ls', package: 'lxc', why: 'shows the containers' },
  { program: 'apparmor_parser', package: 'apparmor', why: "loads LXC's profiles into this kernel", present: () => !hasAppArmor() || findProgram('apparmor_parser') !== undefined },
  { program: 'mksquashfs', package: 'squashfs-tools', why: "packs the examples' file systems" },
  { program: 'busybox, statically linked', package: 'busybox-static', why: 'is what the examples run', present: () => isStatic('/bin/busybox') },
  { program: 'setpriv', package: 'util-linux', why: 'starts daemons without privileges' },
  { program: 'flock', package: 'util-linux', why: 'keeps two appengines out of one run directory' },
  { program: 'nsenter', package: 'util-linux', why: 'enters containers' },
  { program: 'mount', package: 'mount', why: 'mounts the containers' },
  { program: 'socat', package: 'socat', why: 'is what the mesh examples talk with' },
  { program: 'dbus-daemon', package: 'dbus-daemon', why: 'is the bus of the D-Bus examples' },
  { program: 'dbus-send', package: 'dbus-bin', why: 'is the client of the D-Bus examples' },
  { program: 'perl', package: 'perl-base', why: 'runs the service of the D-Bus examples' },
  { program: 'curl', package: 'curl', why: 'is the client of the REST example, and speaks to the control socket in tests' },
];

/** What only the tests need. */
const testNeeds = [
  { program: 'xdg-dbus-proxy', package: 'xdg-dbus-proxy', why: 'is what the rules of D-Bus links are compared with' },
  { program: 'weston', package: 'weston', why: 'is a compositor behind Wayland links' },
  { program: 'wayland-info', package: 'wayland-utils', why: 'is the client of the Wayland examples' },
  { program: 'sway', package: 'sway', why: 'is another one, with a keyboard' },
  { program: 'swaybg', package: 'swaybg', why: 'paints its background' },
  { program: 'grim', package: 'grim', why: 'takes pictures of it' },
  { program: 'wtype', package: 'wtype', why: 'types on its keyboard' },
  { program: 'wl-copy', package: 'wl-clipboard', why: 'copies between its clients' },
  { program: 'python3', package: 'python3', why: "runs the Yocto layer's own scripts, as bitbake does" },
  { program: 'mkfs.ext4', package: 'e2fsprogs', why: 'makes the storage of a device that boots' },
  { program: 'faketime', package: 'faketime', why: 'lets the wall clock of a program jump' },
  { program: 'avahi-daemon', package: 'avahi-daemon', why: 'is a stock service on the hosted D-Bus bus' },
];

/** What is not there. */
export function missing({ tests = false } = {}) {
  return [...needs, ...(tests ? testNeeds : [])].filter((need) => !(need.present ?? (() => findProgram(need.program) !== undefined))());
}

/** The full path of a program, or undefined. Looks where root would find it too. */
export function findProgram(name) {
  const directories = [...(process.env.PATH ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin', '/sbin', '/usr/bin', '/bin'];
  return directories.map((directory) => join(directory, name)).find(isExecutable);
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function hasAppArmor() {
  const path = '/sys/module/apparmor/parameters/enabled';
  return existsSync(path) && readFileSync(path, 'utf8').startsWith('Y');
}

/** An ELF file that asks for no loader (no PT_INTERP among its program headers). */
export function isStatic(path) {
  if (!existsSync(path)) return false;
  const file = openSync(path, 'r');
  try {
    const head = Buffer.alloc(4096);
    readSync(file, head, 0, head.length, 0);
    if (head.readUInt32BE(0) !== 0x7f454c46) return false;
    const wide = head[4] === 2;
    const little = head[5] === 1;
    const u16 = (at) => (little ? head.readUInt16LE(at) : head.readUInt16BE(at));
    const u32 = (at) => (little ? head.readUInt32LE(at) : head.readUInt32BE(at));
    const table = u32(wide ? 32 : 28); // e_phoff; its upper half is zero in any real file
    const size = u16(wide ? 54 : 42);
    const count = u16(wide ? 56 : 44);
    return Array.from({ length: count }, (_, index) => u32(table + index * size)).every((type) => type !== 3);
  } finally {
    closeSync(file);
  }
}
