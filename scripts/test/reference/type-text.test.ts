import type { JsonSchema } from '@pv/contract/json-schema';
import { expect, test } from 'vitest';
import { structureText, typeText } from '../../reference/type-text.ts';

const cases: [schema: JsonSchema, text: string][] = [
  [{ type: 'number' }, 'number'],
  [{ type: ['string', 'null'] }, 'string | null'],
  [{ type: 'string', pattern: '^a$' }, 'string matching /^a$/'],
  [{ type: 'string', maxLength: 3 }, 'string of at most 3 characters'],
  [{ type: 'string', const: '_pv_' }, '"_pv_"'],
  [{ type: 'array', items: { type: 'string', enum: ['a', 'b'] } }, '("a" | "b")[]'],
  [{ type: 'array', items: { title: 'Name', type: 'string' } }, 'Name[]'],
  [{ anyOf: [{ title: 'Name', type: 'string' }, { type: 'null' }] }, 'Name | null'],
  [{ type: 'object', properties: { a: { type: 'number' }, b: { type: 'object', properties: { c: { type: 'string' } }, required: ['c'] } }, required: ['a'] }, '{\n  a: number\n  b?: {\n    c: string\n  }\n}'],
];

test.each(cases)('%j is %s', (schema, text) => {
  expect(structureText(schema, () => undefined)).toBe(text);
});

test('named types are told', () => {
  const used: string[] = [];
  expect(typeText({ type: 'array', title: 'List', items: { title: 'Item', type: 'string' } }, (name) => used.push(name))).toBe('List');
  expect(used).toEqual(['List']);
});

test('a schema that it cannot show is a fault, not a blank', () => {
  expect(() => structureText({}, () => undefined)).toThrow('cannot show');
});
