/** The mesh as a tree for a terminal: providers, below them their services, below those who uses them. Pure. */
import type { LinkState, LinkStatus } from '@pv/contract/graph';
import { detailTexts, stateText } from '../../format/link.ts';
import { shorten, visible } from '../../format/text.ts';

const arrows: Readonly<Record<LinkState, string>> = { established: '─▶', waiting: '╌▷', failed: '─✗' };

/** `columns`: longer lines are shortened; undefined: none is. */
export function treeText(links: readonly LinkStatus[], columns: number | undefined): string {
  if (links.length === 0) return 'No links: no container requires a service.\n';
  const lines = [...groups(links, ({ provider }) => provider)].flatMap(([provider, own]) => [provider, ...servicesOf(own)]);
  return lines.map((line) => `${fitted(visible(line), columns)}\n`).join('');
}

function servicesOf(links: readonly LinkStatus[]): string[] {
  const services = [...groups(links, ({ name, type, socket }) => `${name} (${type}) ${socket}`)];
  return services.flatMap(([title, users], index) => {
    const last = index === services.length - 1;
    return [`${last ? '└─' : '├─'} ${title}`, ...users.flatMap((link, place) => userLines(link, last ? '   ' : '│  ', place === users.length - 1))];
  });
}

function userLines(link: LinkStatus, indent: string, last: boolean): string[] {
  const { consumer, role, target, state } = link;
  const below = `${indent}${last ? ' ' : '│'}     `;
  return [`${indent}${last ? '└' : '├'}${arrows[state]} ${consumer} as ${role}, at ${target}`, ...[stateText(link), ...detailTexts(link)].map((note) => `${below}${note}`)];
}

/** In the order of first appearance. */
function groups(links: readonly LinkStatus[], key: (link: LinkStatus) => string): ReadonlyMap<string, readonly LinkStatus[]> {
  const found = new Map<string, LinkStatus[]>();
  for (const link of links) {
    const group = found.get(key(link));
    if (group === undefined) found.set(key(link), [link]);
    else group.push(link);
  }
  return found;
}

function fitted(line: string, columns: number | undefined): string {
  return columns === undefined ? line : shorten(line, columns);
}
