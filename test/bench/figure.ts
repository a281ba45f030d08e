/** Figures and how they are shown. Pure. */

export interface Figure {
  readonly what: string;
  readonly unit: 'ms' | 's' | 'MB' | 'times' | 'number';
  readonly values: readonly number[];
  /** What the project aims at, in words; there may be none. */
  readonly aim?: string;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? Number.NaN) + (sorted[Math.ceil(middle)] ?? Number.NaN)) / 2;
}

/** A table as Markdown has it, so that it can be pasted into a document. */
export function table(figures: readonly Figure[]): string {
  const rows = figures.map(({ what, unit, values, aim = '' }) => [what, short(median(values)), short(Math.min(...values)), short(Math.max(...values)), unit, String(values.length), aim]);
  const all = [['figure', 'median', 'least', 'most', 'unit', 'runs', 'aim'], ...rows];
  const widths = all[0]?.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0))) ?? [];
  const line = (row: readonly string[]): string => `| ${row.map((cell, column) => (column === 0 || column === 6 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join(' | ')} |`;
  const rule = `|${widths.map((width, column) => (column === 0 || column === 6 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`;
  return [line(all[0] ?? []), rule, ...all.slice(1).map(line)].join('\n');
}

function short(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
