/** The mesh in DOT (https://graphviz.org/doc/info/lang.html). Pure. */
import type { LinkState, LinkStatus } from '@pv/contract/graph';

const looks: Readonly<Record<LinkState, string>> = { established: 'style=solid', waiting: 'style=dashed', failed: 'style=dashed, color=red, fontcolor=red' };

export function dotText(links: readonly LinkStatus[]): string {
  const edges = links.map(({ consumer, provider, name, type, role, state }) =>
    `  ${quoted(consumer)} -> ${quoted(provider)} [label=${quoted(`${name} (${type}) as ${role}${state === 'established' ? '' : `: ${state}`}`)}, ${looks[state]}];\n`,
  );
  return `digraph mesh {\n  rankdir=LR;\n  node [shape=box];\n${edges.join('')}}\n`;
}

function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, (char) => `\\${char}`).replace(/[\u0000-\u001f]/g, ' ')}"`;
}
