import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dotText } from '../../../src/commands/graph/dot.ts';
import { mermaidText } from '../../../src/commands/graph/mermaid.ts';
import { treeText } from '../../../src/commands/graph/tree.ts';
import { width } from '../../../src/format/text.ts';
import { link, mesh } from '../../kit/mesh.ts';

const golden = (name: string): string => join(import.meta.dirname, '../../golden', name);
const hostile = [link({ consumer: 'c"]\n--> x', provider: 'p\\" -> y;', role: '\u001b[31m#' })];

describe('the tree', () => {
  it('has providers, their services, and who uses them', () => expect(treeText(mesh, undefined)).toMatchFileSnapshot(golden('graph-show.txt')));

  it('fits the terminal', () => {
    const lines = treeText(mesh, 30).split('\n');
    expect(lines.filter((line) => width(line) > 30)).toEqual([]);
    expect(lines.some((line) => line.endsWith('…'))).toBe(true);
  });

  it('cannot be broken or drive the terminal', () => {
    expect(treeText(hostile, undefined).split('\n')).toHaveLength(5);
    expect(treeText(hostile, undefined)).not.toContain('\u001b');
  });

  it('says that there is nothing', () => expect(treeText([], 80)).toBe('No links: no container requires a service.\n'));
});

describe('Mermaid', () => {
  it('is a flowchart', () => expect(mermaidText(mesh)).toMatchFileSnapshot(golden('graph-show.mmd')));

  it('cannot be broken by a name', () => {
    expect(mermaidText(hostile)).toBe(
      'flowchart LR\n  c0["c#34;]#10;--#62; x"]\n  c1["p#92;#34; -#62; y;"]\n  c0 -->|"raw (unix) as #27;[31m#35;"| c1\n',
    );
  });
});

describe('DOT', () => {
  it('is a directed graph', () => expect(dotText(mesh)).toMatchFileSnapshot(golden('graph-show.dot')));

  it('cannot be broken by a name', () => {
    expect(dotText(hostile)).toContain('  "c\\"] --> x" -> "p\\\\\\" -> y;" [label="raw (unix) as  [31m#", style=solid];\n');
  });
});
