import { execFileSync } from 'node:child_process';
import { constants, existsSync, mkdirSync, openSync, readdirSync, readlinkSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { SystemError } from '../src/errors.ts';
import { closeFd, fchmod, fchown, statFd } from '../src/fd.ts';
import { mkdirAt, O_PATH, openat2, openEntry, openInRoot, openParentInRoot, resolveFlags, unlinkAt } from '../src/openat.ts';
import { codeOf, tempDir } from './temp.ts';

/** A "container" whose links all try to reach `outside`. */
function hostileTree() {
  const base = tempDir();
  const root = join(base, 'root');
  const outside = join(base, 'outside');
  for (const path of [root, outside, join(root, 'dir'), join(root, outside.slice(1))]) mkdirSync(path, { recursive: true });
  writeFileSync(join(outside, 'secret'), 'host');
  symlinkSync(outside, join(root, 'absolute'));
  symlinkSync('../../../../../../../../../..', join(root, 'dir', 'up'));
  symlinkSync('/nowhere', join(root, 'dangling'));
  return { root, outside, rootFd: open(root) };
}

function open(path: string): number {
  return closedLater(openSync(path, O_PATH | constants.O_DIRECTORY));
}

function closedLater(fd: number): number {
  onTestFinished(() => closeFd(fd));
  return fd;
}

const where = (fd: number) => readlinkSync(`/proc/self/fd/${fd}`);

test('absolute links and .. stay inside the root', () => {
  const { root, outside, rootFd } = hostileTree();
  expect(where(closedLater(openInRoot(rootFd, '/absolute', O_PATH)))).toBe(join(root, outside.slice(1)));
  expect(codeOf(() => openInRoot(rootFd, '/absolute/secret', O_PATH))).toBe('ENOENT');
  expect(where(closedLater(openInRoot(rootFd, '/dir/up/dir', O_PATH)))).toBe(join(root, 'dir'));
  expect(where(closedLater(openInRoot(rootFd, '/../../dir', O_PATH)))).toBe(join(root, 'dir'));
});

test('magic links are refused', () => {
  const rootFd = open('/');
  expect(codeOf(() => openInRoot(rootFd, `/proc/${process.pid}/root/etc`, O_PATH))).toBe('ELOOP');
});

test('descriptors are close-on-exec', () => {
  const { rootFd } = hostileTree();
  const fd = closedLater(openInRoot(rootFd, '/dir', O_PATH));
  const flags = /flags:\s+(\d+)/.exec(execFileSync('cat', [`/proc/${process.pid}/fdinfo/${fd}`], { encoding: 'utf8' }))?.[1] ?? '';
  expect(Number.parseInt(flags, 8) & 0o2000000).not.toBe(0);
});

test('parents are made inside the root, mode 0755, also behind an absolute link', () => {
  const { root, outside, rootFd } = hostileTree();
  const { fd, name } = openParentInRoot(rootFd, '/absolute/new/deep/raw.sock', { create: true });
  closedLater(fd);
  expect([where(fd), name]).toEqual([join(root, outside.slice(1), 'new', 'deep'), 'raw.sock']);
  expect(statSync(join(root, outside.slice(1), 'new')).mode & 0o777).toBe(0o755);
  expect(existsSync(join(outside, 'new'))).toBe(false);
});

test('parents are not made unless asked, nor through a dangling link or a file', () => {
  const { root, rootFd } = hostileTree();
  writeFileSync(join(root, 'file'), '');
  expect(codeOf(() => openParentInRoot(rootFd, '/new/raw.sock', { create: false }))).toBe('ENOENT');
  expect(existsSync(join(root, 'new'))).toBe(false);
  expect(codeOf(() => openParentInRoot(rootFd, '/dangling/raw.sock', { create: true }))).toBe('ENOENT');
  expect(codeOf(() => openParentInRoot(rootFd, '/file/x/raw.sock', { create: true }))).toBe('ENOTDIR');
});

test('a path directly below the root has the root as its parent', () => {
  const { root, rootFd } = hostileTree();
  const { fd, name } = openParentInRoot(rootFd, '/raw.sock', { create: false });
  expect([where(closedLater(fd)), name]).toEqual([root, 'raw.sock']);
});

test.each(['relative', '', '/', '/a/', '/a/..', '/a/.', '/a/b\0c'])('%j is no path to a name', (path) => {
  const { rootFd } = hostileTree();
  expect(codeOf(() => openParentInRoot(rootFd, path, { create: true }))).toBe('EINVAL');
});

test('a failure half-way leaves no descriptor open', () => {
  const { root, rootFd } = hostileTree();
  expect(codeOf(() => openParentInRoot(rootFd, '/dir/new/../../dangling/x/y', { create: true }))).toBe('ENOENT');
  expect(openBelow(root)).toEqual([root]);
});

/** What this process has open at or below `path`. */
function openBelow(path: string): string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const target = readlinkSync(`/proc/self/fd/${fd}`);
      return target.startsWith(path) ? [target] : [];
    } catch {
      return [];
    }
  });
}

test('openat2 creates with a mode and refuses links when told', () => {
  const { root, rootFd } = hostileTree();
  const flags = constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY;
  closedLater(openat2(rootFd, 'made', { flags, mode: 0o600, resolve: resolveFlags.BENEATH }));
  expect(statSync(join(root, 'made')).mode & 0o777).toBe(0o600);
  expect(codeOf(() => openat2(rootFd, 'absolute', { flags: O_PATH, resolve: resolveFlags.NO_SYMLINKS }))).toBe('ELOOP');
});

test('openEntry, unlinkAt and mkdirAt take one name only', () => {
  const { root, rootFd } = hostileTree();
  mkdirAt(rootFd, 'made', 0o700);
  expect(codeOf(() => mkdirAt(rootFd, 'made', 0o700))).toBe('EEXIST');
  expect(codeOf(() => unlinkAt(rootFd, 'made'))).toBe('EISDIR');
  unlinkAt(rootFd, 'absolute');
  expect(existsSync(join(root, 'absolute'))).toBe(false);
  expect(() => openEntry(rootFd, 'n'.repeat(256))).toThrow(SystemError);
  for (const work of [unlinkAt, openEntry]) expect(codeOf(() => work(rootFd, '../outside/secret'))).toBe('EINVAL');
});

test('statFd works on O_PATH, tells owner and type; fchmod and fchown change a real descriptor', () => {
  const { root, rootFd } = hostileTree();
  const path = join(root, 'file');
  const fd = closedLater(openSync(path, 'w'));
  fchmod(fd, 0o640);
  fchown(fd, 12, 34);
  writeFileSync(fd, 'eleven more');
  const stat = statFd(closedLater(openInRoot(rootFd, '/file', O_PATH)));
  const { dev, ino } = statSync(path, { bigint: true });
  expect(stat).toEqual({ uid: 12, gid: 34, mode: constants.S_IFREG | 0o640, dev, ino, size: 11, rdev: 0, isMountRoot: false });
  expect(codeOf(() => fchmod(rootFd, 0o700))).toBe('EBADF');
});
