/** The mesh as a Mermaid flowchart (https://mermaid.js.org/syntax/flowchart.html). Pure. */
import type { LinkState, LinkStatus } from '@pv/contract/graph';

const arrows: Readonly<Record<LinkState, string>> = { established: '-->', waiting: '-.->', failed: '--x' };

export function mermaidText(links: readonly LinkStatus[]): string {
  const ids = new Map([...new Set(links.flatMap(({ consumer, provider }) => [consumer, provider]))].map((name, index) => [name, `c${index}`]));
  const nodes = [...ids].map(([name, id]) => `  ${id}[${quoted(name)}]\n`);
  const edges = links.map(({ consumer, provider, name, type, role, state }) =>
    `  ${ids.get(consumer) ?? ''} ${arrows[state]}|${quoted(`${name} (${type}) as ${role}${state === 'established' ? '' : `: ${state}`}`)}| ${ids.get(provider) ?? ''}\n`,
  );
  return `flowchart LR\n${nodes.join('')}${edges.join('')}`;
}

/** Mermaid knows characters by `#<code>;` within quotes. */
function quoted(text: string): string {
  return `"${text.replace(/["#<>&\\\u0000-\u001f]/g, (char) => `#${char.charCodeAt(0)};`)}"`;
}
