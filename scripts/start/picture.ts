/** The running containers and the mesh between them, drawn in text. Pure. Names are checked ones, so a character is a column. */
import type { Container } from '@pv/contract/containers';
import type { Link } from '@pv/contract/graph';

export interface Scene {
  readonly containers: readonly Container[];
  readonly links: readonly Link[];
}

/** `unicode`: lines and arrows; without it plain ASCII. */
export function picture({ containers, links }: Scene, { unicode }: { readonly unicode: boolean }): string {
  const pen = unicode ? pens.unicode : pens.ascii;
  const mesh = links.length === 0 ? ['', '  No container is linked to another.'] : links.flatMap((link) => ['', ...drawLink(link, containers, pen)]);
  return [...drawList(containers, pen), ...mesh].map((line) => `${line.trimEnd()}\n`).join('');
}

const pens = {
  unicode: { line: '─', side: '│', corners: ['┌', '┐', '└', '┘'], head: '▶' },
  ascii: { line: '-', side: '|', corners: ['+', '+', '+', '+'], head: '>' },
} as const;
type Pen = (typeof pens)[keyof typeof pens];

function drawList(containers: readonly Container[], pen: Pen): string[] {
  const rows = containers.map(({ name, group, type, status, pid }) => [name, group ?? '-', type ?? '-', status, pid === 0 ? '-' : String(pid)]);
  return frame('containers', columns([['NAME', 'GROUP', 'ENGINE', 'STATUS', 'PID'], ...rows]), pen);
}

function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  return rows.map((row) => row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join('  '));
}

/** The consumer's box, an arrow, the provider's box; each with its end of the link. */
function drawLink(link: Link, containers: readonly Container[], pen: Pen): string[] {
  const state = (name: string): string => containers.find((container) => container.name === name)?.status ?? 'the host';
  const from = frame('', [link.consumer, state(link.consumer), link.target], pen);
  const to = frame('', [link.provider, state(link.provider), link.socket], pen);
  const label = ` ${link.type} ${link.name} `;
  const arrow = ['', label, `${pen.line.repeat(label.length - 1)}${pen.head}`, '', ''];
  return from.map((line, row) => `${line} ${(arrow[row] ?? '').padEnd(label.length)}${to[row]?.slice(1) ?? ''}`);
}

/** Lines in a box, indented by two. */
function frame(title: string, lines: readonly string[], { line, side, corners }: Pen): string[] {
  const width = Math.max(title.length + 1, ...lines.map(({ length }) => length));
  const top = title === '' ? line.repeat(width + 2) : `${line} ${title} ${line.repeat(width - title.length - 1)}`;
  return [
    `  ${corners[0]}${top}${corners[1]}`,
    ...lines.map((text) => `  ${side} ${text.padEnd(width)} ${side}`),
    `  ${corners[2]}${line.repeat(width + 2)}${corners[3]}`,
  ];
}
