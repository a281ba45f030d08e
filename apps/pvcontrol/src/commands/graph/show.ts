/** `graph show`: the mesh drawn for a terminal, or as text that other programs draw. */
import type { Command } from '../../verb.ts';
import { dotText } from './dot.ts';
import { mermaidText } from './mermaid.ts';
import { treeText } from './tree.ts';

export const graphShow: Command = {
  nouns: ['graph'], verbs: ['show'], operands: [], summary: 'Draw the mesh: providers, their services, and who uses them', example: 'pvcontrol graph show --mermaid',
  flags: { mermaid: 'as a Mermaid flowchart, for Markdown', dot: 'in DOT, for Graphviz' },
  perform: async ({ client, flag }) => {
    const result = await client.call('getLinkStatus');
    if (result.kind !== 'ok') return result;
    const { value: links, text } = result;
    switch (flag) {
      case 'mermaid': return { kind: 'ok', plain: true, text, value: () => mermaidText(links) };
      case 'dot': return { kind: 'ok', plain: true, text, value: () => dotText(links) };
      case undefined: return { kind: 'ok', plain: true, text, value: ({ columns }) => treeText(links, columns) };
    }
  },
};
