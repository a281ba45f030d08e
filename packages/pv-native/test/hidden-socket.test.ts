import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { closeFd } from '../src/fd.ts';
import { listenHidden } from '../src/hidden-socket.ts';
import { acceptUnix, connectUnix, openSocket } from '../src/socket.ts';
import { tempDir } from './temp.ts';

function dial(pathFd: number): { errno: number; close: () => void } {
  const fd = openSocket();
  return { errno: connectUnix(fd, `/proc/self/fd/${pathFd}`), close: () => closeFd(fd) };
}

test('it is reached by its descriptor, and by nothing in the file system', () => {
  const directory = tempDir();
  const { listenFd, pathFd } = listenHidden(directory, 4);
  expect(readdirSync(directory)).toEqual([]);
  const { errno, close } = dial(pathFd);
  expect(errno).toBe(0);
  const accepted = acceptUnix(listenFd);
  expect(accepted).toBeGreaterThan(0);
  close();
  closeFd(accepted);
  closeFd(listenFd);
  const after = dial(pathFd);
  expect(after.errno).toBeLessThan(0);
  after.close();
  closeFd(pathFd);
});

test('what a killed process left is no obstacle, and a directory that is none is said', () => {
  const directory = tempDir();
  writeFileSync(join(directory, `hidden-${process.pid}`), '');
  const { listenFd, pathFd } = listenHidden(directory, 4);
  expect(existsSync(join(directory, `hidden-${process.pid}`))).toBe(false);
  closeFd(listenFd);
  closeFd(pathFd);
  expect(() => listenHidden(join(directory, 'absent'), 4)).toThrow('ENOENT');
});
