/** Aligned columns for a terminal. Pure. What could drive the terminal or turn its text around is shown escaped. */
import { shorten, visible, width } from './text.ts';

export interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

export type Cell = string | { readonly text: string; readonly tone: Tone };
export type Tone = 'good' | 'busy' | 'bad' | 'dim';

export interface Look {
  readonly colour: boolean;
  /** Undefined: as wide as it gets. */
  readonly columns: number | undefined;
}

const codes: Readonly<Record<Tone, string>> = { good: '32', busy: '33', bad: '31', dim: '2' };
const gap = '  ';
/** All words of ours fit; below this lines wrap, for a cut word tells less than a wrapped one. */
const narrowest = 10;

export function renderTable({ head, rows }: Table, { colour, columns }: Look): string {
  const all = [head, ...rows].map((row) => row.map((cell) => (typeof cell === 'string' ? { text: visible(cell) } : { ...cell, text: visible(cell.text) })));
  const widths = fit(head.map((_, column) => Math.max(...all.map((row) => width(row[column]?.text ?? '')))), columns);
  return all.map((row) => `${row.map((cell, column) => paint(cell, widths[column] ?? 0, colour)).join(gap).trimEnd()}\n`).join('');
}

/** Takes from the widest column, again and again, until the line fits; never from the first, which has the name to type. */
function fit(wanted: readonly number[], columns: number | undefined): readonly number[] {
  const widths = [...wanted];
  const excess = (): number => widths.reduce((sum, one) => sum + one, gap.length * (widths.length - 1)) - (columns ?? Number.POSITIVE_INFINITY);
  while (excess() > 0) {
    const widest = Math.max(...widths.slice(1));
    if (widest <= narrowest) break;
    widths[widths.indexOf(widest, 1)] = widest - 1;
  }
  return widths;
}

function paint({ text, tone }: { text: string; tone?: Tone }, columnWidth: number, colour: boolean): string {
  const shown = shorten(text, columnWidth);
  const padding = ' '.repeat(columnWidth - width(shown));
  return colour && tone !== undefined ? `\u001b[${codes[tone]}m${shown}\u001b[0m${padding}` : `${shown}${padding}`;
}
