/** Aligned columns for a terminal. Pure. Control characters are shown escaped: names may come from anywhere. */
import { printable } from '@pv/runtime/log';

export interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

export type Cell = string | { readonly text: string; readonly tone: Tone };
export type Tone = 'good' | 'busy' | 'bad' | 'dim';

const codes: Readonly<Record<Tone, string>> = { good: '32', busy: '33', bad: '31', dim: '2' };

export function renderTable({ head, rows }: Table, colour: boolean): string {
  const texts = [head, ...rows.map((row) => row.map(textOf))];
  const widths = head.map((_, column) => Math.max(...texts.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly Cell[]): string =>
    cells.map((cell, column) => paint(cell, (column === cells.length - 1 ? textOf(cell) : textOf(cell).padEnd(widths[column] ?? 0)), colour)).join('  ').trimEnd();
  return `${[line(head), ...rows.map(line)].join('\n')}\n`;
}

function textOf(cell: Cell): string {
  return printable(typeof cell === 'string' ? cell : cell.text);
}

function paint(cell: Cell, padded: string, colour: boolean): string {
  return colour && typeof cell !== 'string' ? `\u001b[${codes[cell.tone]}m${padded}\u001b[0m` : padded;
}
