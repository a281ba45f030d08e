import { describe, expect, it } from 'vitest';
import { parseJson } from '../src/json.ts';
import { Findings, problemText } from '../src/problem.ts';

const parse = (text: string) => {
  const findings = new Findings();
  return { value: parseJson('f.json', text, findings), problems: findings.problems.map(problemText) };
};

describe('parseJson', () => {
  it('gives the value of what is whole', () => {
    expect(parse('{"a":[1,-2.5e3,"\\u00e9]{"],"b":null}')).toEqual({ value: { a: [1, -2500, 'é]{'], b: null }, problems: [] });
  });

  it.each(['[', '{"a":'])('refuses %s a million times over, before it can exhaust the stack', (piece) => {
    expect(parse(piece.repeat(1_000_000))).toEqual({ value: undefined, problems: ['f.json: $: nested deeper than 64 levels'] });
  });

  it('does not count brackets inside strings, nor those that were closed', () => {
    expect(parse(`["${'['.repeat(1000)}\\"${'{'.repeat(1000)}"]`).problems).toEqual([]);
    expect(parse(`[${'[],'.repeat(1000)}[]]`).problems).toEqual([]);
    expect(parse(`${'['.repeat(64)}${']'.repeat(64)}`).problems).toEqual([]);
  });

  it('names the place of a duplicate, however deep', () => {
    expect(parse('{"a/b":[{"x":1,"x":2}]}').problems).toEqual(['f.json: $["a/b"][0].x: duplicate key']);
  });
});
