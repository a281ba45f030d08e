import { describe, expect, it } from 'vitest';
import { renderTable } from '../../src/format/table.ts';
import { shorten, visible, width } from '../../src/format/text.ts';

const plain = { colour: false, columns: undefined };

describe('text', () => {
  it.each([['abc', 3], ['', 0], ['容器', 4], ['e\u0301', 1], ['🚀', 2], ['ß…', 2]])('%j takes %i cells', (text, cells) => expect(width(text)).toBe(cells));

  it.each([
    ['\u001b[31mred', '\\x1b[31mred'], ['a\tb', 'a b'], ['a\nb', 'a\\x0ab'], ['a\u202eb', 'a\\u202eb'], ['\u009b1m', '\\x9b1m'], ['zero\u200bwidth', 'zero\\u200bwidth'], ['ä容', 'ä容'],
  ])('%j is shown as %j', (text, shown) => expect(visible(text)).toBe(shown));

  it.each([['abcdef', 6, 'abcdef'], ['abcdef', 4, 'abc…'], ['容器容器', 5, '容器…'], ['容器容器', 4, '容…'], ['ab', 1, '…']])('%j in %i cells is %j', (text, cells, shown) => {
    expect(shorten(text, cells)).toBe(shown);
    expect(width(shown)).toBeLessThanOrEqual(cells);
  });
});

describe('a table', () => {
  const table = { head: ['NAME', 'STATUS'], rows: [['web', { text: 'STARTED', tone: 'good' as const }], ['容器', 'x']] };

  it('aligns by cells, without blanks at the end', () => expect(renderTable(table, plain)).toBe('NAME  STATUS\nweb   STARTED\n容器  x\n'));
  it('colours words, not the room around them', () => expect(renderTable(table, { ...plain, colour: true })).toContain('web   \u001b[32mSTARTED\u001b[0m\n'));
  it('cannot be given a line or a colour by what it shows', () => expect(renderTable({ head: ['A'], rows: [['x\ny\u001b[0m']] }, plain)).toBe('A\nx\\x0ay\\x1b[0m\n'));

  it('takes from the widest column until it fits, not from the name, and no further than can be read', () => {
    const wide = { head: ['NAME', 'A', 'B'], rows: [['n'.repeat(12), 'x'.repeat(30), 'y'.repeat(11)]] };
    expect(renderTable(wide, { ...plain, columns: 40 })).toBe(`NAME          A              B\n${'n'.repeat(12)}  ${'x'.repeat(12)}…  ${'y'.repeat(11)}\n`);
    expect(renderTable(wide, { ...plain, columns: 3 })).toBe(`NAME          A           B\n${'n'.repeat(12)}  ${'x'.repeat(9)}…  ${'y'.repeat(9)}…\n`);
  });
});
