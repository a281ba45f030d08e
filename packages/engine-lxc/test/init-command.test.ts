import { expect, test } from 'vitest';
import { configLines } from '../src/config.ts';
import { commandProblem, initCommand } from '../src/init-command.ts';

const lines = (text: string) => configLines({ path: 'x', text });

test.each([
  ['/sbin/init', ['/sbin/init']],
  ['/bin/sh -c "a  b; exit 3" \'$0\'', ['/bin/sh', '-c', 'a  b; exit 3', '$0']],
  ['/x "" \'\' y', ['/x', '', '', 'y']],
  ['/x it"s -e --', ['/x', 'it"s', '-e', '--']],
  ['\t/x \t y', ['/x', 'y']],
  ['', []],
])('%s', (value, words) => {
  expect(initCommand(lines(`lxc.init.cmd = ${value}`))).toEqual(words);
  expect(lines(`lxc.init.cmd = ${value}`).map(commandProblem)).toEqual([undefined]);
});

test('the last line counts; none is none', () => {
  expect(initCommand(lines('lxc.init.cmd = /a\nlxc.init.cmd = /b'))).toEqual(['/b']);
  expect(initCommand(lines('lxc.tty.max = 1'))).toEqual([]);
});

test.each(['/x "a', "/x 'a b", '/x a "'])('a quote that is not closed: %s', (value) => {
  expect(lines(`lxc.init.cmd = ${value}`).map(commandProblem)).toEqual([expect.stringMatching(/a word begins with/)]);
});
