import { describe, expect, it } from 'vitest';
import { blockProblems, blocksOf, commandsOf } from '../checks/blocks.mjs';

const text = (...lines) => lines.join('\n');
const problems = (...lines) => blockProblems('a.md', text(...lines), ['pvcontrol', 'pv-core']);

describe('the blocks of a document', () => {
  it('have the mark right before them, and the output right after', () => {
    const blocks = blocksOf(text('<!-- run: box -->', '```sh', 'pvcontrol ls', '```', '', '```text', 'NAME', '```', 'more', '```text', 'other', '```'));
    expect(blocks[0]).toMatchObject({ language: 'sh', line: 2, lines: ['pvcontrol ls'], mark: { place: 'box' }, output: ['NAME'] });
    expect(blocks.map(({ line }) => line)).toEqual([2, 6, 10]);
  });

  it('have neither from farther away', () => {
    const [block] = blocksOf(text('<!-- run: box -->', 'words', '```sh', 'ls', '```', 'words', '```text', 'NAME', '```'));
    expect([block.mark, block.output]).toEqual([undefined, []]);
  });

  it('stand in lists too, and hold shorter fences', () => {
    const [block] = blocksOf(text('- so:', '', '  <!-- not run: needs a device -->', '  ````sh', '  ls', '  ```', '  ````'));
    expect(block).toMatchObject({ mark: { reason: 'needs a device' }, lines: ['ls', '```'] });
  });
});

describe('the commands of a block', () => {
  it('are a line each, or more with a backslash, and say how they exit', () => {
    expect(commandsOf(['# words', 'ls  # a note', '', 'a \\', '  b', 'false # always; exits 1'])).toEqual([
      { text: 'ls  # a note', exits: 0 }, { text: 'a \\\n  b', exits: 0 }, { text: 'false # always; exits 1', exits: 1 },
    ]);
  });
});

describe('the check of commands', () => {
  it('takes marked blocks, output and synopses', () => {
    expect(problems('<!-- run: box -->', '```sh', 'pvcontrol ls', '```', '```text', 'pvcontrol [options]', '```', '    output, by indentation', '    pv-core-like words')).toEqual([]);
  });

  it.each([
    ['a block without a mark', ['```sh', 'ls', '```'], 'a.md:1: no mark: <!-- run: box -->, <!-- run: checkout -->, <!-- run: docker --> or <!-- not run: why -->'],
    ['a mark without a reason', ['<!-- not run:  -->', '```sh', 'ls', '```'], 'a.md:2: no mark: <!-- run: box -->, <!-- run: checkout -->, <!-- run: docker --> or <!-- not run: why -->'],
    ['a mark of output', ['<!-- run: box -->', '```text', 'x', '```'], 'a.md:2: a mark in front of a block that is not sh'],
    ['another name of sh', ['```console', 'x', '```'], 'a.md:1: commands stand in blocks of sh'],
    ['no language', ['```', 'x', '```'], 'a.md:1: a block without a language: sh for commands, text for output'],
    ['a prompt', ['```text', '$ ls', '```'], 'a.md:1: a prompt; put commands into a block of sh, without "$", and output into one of text'],
    ['no end', ['```text', 'x'], 'a.md:1: a block without an end'],
    ['a prompt by indentation', ['words:', '', '    $ ls'], 'a.md:3: a command in an indented block; put it into a block of sh'],
    ['a program by indentation', ['words:', '', '    PV_A=1 pvcontrol ls'], 'a.md:3: a command in an indented block; put it into a block of sh'],
    ['a tool by indentation', ['', '\tnpx tsx a.ts'], 'a.md:2: a command in an indented block; put it into a block of sh'],
  ])('refuses %s', (_, lines, problem) => {
    expect(problems(...lines)).toEqual([problem]);
  });
});
