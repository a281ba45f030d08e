/** What was measured side by side, and how it is shown: as ratios of the direct path. Pure. */
import { median } from '../figure.ts';

export interface Row {
  readonly what: string;
  readonly connections: number;
  /** Per second, one for each round. */
  readonly direct: number[];
  readonly relay: number[];
  /** Empty: not offered. */
  readonly mesh: number[];
  /** Seconds of CPU per GiB or per thing done. */
  readonly relayCost: number[];
  readonly meshCost: number[];
  readonly costUnit: 's/GiB' | 'µs';
  /** Of the mesh, times direct, at least. */
  readonly aim?: number;
}

const heads = ['side by side', 'connections', 'direct', 'plain C relay', 'pv-xconnect', 'aim', 'CPU of the C relay', 'CPU of pv-xconnect'];

export function ratioTable(rows: readonly Row[]): string {
  const lines = rows.map((row) => [
    row.what, String(row.connections), rounded(median(row.direct)), ratio(row.relay, row.direct), ratio(row.mesh, row.direct),
    row.aim === undefined ? '' : `at least ${row.aim}`, cost(row, row.relayCost), cost(row, row.meshCost),
  ]);
  return [heads, heads.map((_, index) => (index === 0 ? '---' : '---:')), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** Median of the rounds, and the least and most of them. */
function ratio(values: readonly number[], direct: readonly number[]): string {
  if (values.length === 0) return 'not offered';
  const ratios = values.map((value, round) => value / (direct[round] ?? Number.NaN));
  return `${median(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)}-${Math.max(...ratios).toFixed(2)})`;
}

function cost({ costUnit }: Row, values: readonly number[]): string {
  if (values.length === 0) return '';
  return costUnit === 'µs' ? `${(median(values) * 1e6).toFixed(1)} µs` : `${median(values).toFixed(2)} s/GiB`;
}

function rounded(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toFixed(1);
}
