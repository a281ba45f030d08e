/** Schemas as a reader of the reference wants them: in the notation of TypeScript, named types by their name. */
import type { JsonSchema } from '@pv/contract/json-schema';

/** The type; a named one by its name, and `used` is told about it. */
export function typeText(schema: JsonSchema, used: (name: string, schema: JsonSchema) => void, indent = ''): string {
  if (schema.title === undefined) return structureText(schema, used, indent);
  used(schema.title, schema);
  return schema.title;
}

/** What a type is made of. */
export function structureText(schema: JsonSchema, used: (name: string, schema: JsonSchema) => void, indent = ''): string {
  if (schema.const !== undefined) return quote(schema.const);
  if (schema.enum !== undefined) return schema.enum.map(quote).join(' | ');
  if (schema.anyOf !== undefined) return schema.anyOf.map((option) => typeText(option, used, indent)).join(' | ');
  if (schema.items !== undefined) return `${parenthesised(typeText(schema.items, used, indent))}[]`;
  if (schema.properties !== undefined) return objectText(schema, used, indent);
  if (typeof schema.type === 'string') return schema.type + bounds(schema);
  if (schema.type !== undefined) return schema.type.join(' | ');
  throw new Error(`the reference cannot show the schema ${JSON.stringify(schema)}`);
}

function objectText({ properties = {}, required = [] }: JsonSchema, used: (name: string, schema: JsonSchema) => void, indent: string): string {
  const inner = `${indent}  `;
  const lines = Object.entries(properties).map(([key, value]) => `${inner}${key}${required.includes(key) ? '' : '?'}: ${typeText(value, used, inner)}`);
  return `{\n${lines.join('\n')}\n${indent}}`;
}

function bounds({ pattern, maxLength }: JsonSchema): string {
  return [pattern === undefined ? '' : ` matching /${pattern}/`, maxLength === undefined ? '' : ` of at most ${maxLength} characters`].join('');
}

const quote = (word: string): string => `"${word}"`;
const parenthesised = (text: string): string => (text.includes(' | ') && !text.startsWith('{') ? `(${text})` : text);
