/** The endpoints of the contract as Markdown. */
import { errorCatalogue, type ErrorCode } from '@pv/contract/errors';
import { jsonSchema, type JsonSchema } from '@pv/contract/json-schema';
import { routes, type Route } from '@pv/contract/routes';
import { defaultConfig } from '@pv/runtime/config';
import { places } from '@pv/runtime/places';
import { namedSchemas } from './named-schemas.ts';
import { structureText, typeText } from './type-text.ts';

const place = places({ run: defaultConfig.PV_SYSTEM_RUNDIR, storage: defaultConfig.PV_STORAGE_MNTPOINT });
const rows = Object.values(routes) as readonly Route[];
const callers = { mgmt: 'the host, containers with the role `mgmt`', anyone: 'everybody', root: 'root, on the socket of its server' } as const;

export function routeTable(): string {
  const lines = rows.map((row) => `| ${row.method} | [\`${row.path}\`](#${anchor(row)}) | ${callers[row.caller]} | \`${row.server}\` | ${row.summary} |`);
  return ['| Method | Path | Who | Served by | |', '|---|---|---|---|---|', ...lines].join('\n');
}

export function routeSections(): { readonly routes: string; readonly types: string } {
  const names = namedSchemas();
  const types = new Map<string, JsonSchema>();
  const used = (name: string, schema: JsonSchema): void => void types.set(name, schema);
  const sections = rows.map((row) => section(row, (schema) => typeText(jsonSchema(schema, names), used)));
  return { routes: sections.join('\n\n'), types: typeSections(types, used) };
}

/** Types may name further types while they are written; a Map's iterator sees those too. */
function typeSections(types: Map<string, JsonSchema>, used: (name: string, schema: JsonSchema) => void): string {
  const texts: [name: string, text: string][] = [];
  for (const [name, schema] of types) texts.push([name, `type ${name} = ${structureText(schema, used)}`]);
  return fenced('text', texts.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, text]) => text).join('\n\n'));
}

function section(row: Route, type: (schema: NonNullable<Route['body']>['schema']) => string): string {
  return [
    `### ${row.method} ${row.path}`,
    row.summary,
    `Who: ${callers[row.caller]}. Since ${row.since}.`,
    ...(row.params === undefined ? [] : [`Path: ${Object.entries(row.params).map(([key, schema]) => `\`${key}\`: ${type(schema)}`).join(', ')}.`]),
    ...(row.heldBy === undefined ? [] : ['Query: `wait=<etag>`, held until the ETag differs from that one or 30 s have passed. Every answer carries an `ETag`. A client that shuts its write side is answered at once.']),
    ...(row.body === undefined ? [] : [`Body, at most ${row.body.maxBytes} bytes; unknown keys are ignored:`, fenced('text', type(row.body.schema))]),
    answerText(row, type),
    ...(row.errors.length === 0 ? [] : [`Errors, besides [those of every endpoint](#errors-of-every-endpoint): ${row.errors.map(errorText).join(', ')}.`]),
    `<!-- run: box -->\n${fenced('sh', examples(row).join('\n'))}`,
  ].join('\n\n');
}

function answerText({ response }: Route, type: (schema: NonNullable<Route['body']>['schema']) => string): string {
  switch (response.kind) {
    case 'json':
      return `Answer: 200, JSON:\n\n${fenced('text', type(response.schema))}`;
    case 'text':
      return 'Answer: 200, `text/plain`.';
    case 'empty':
      return 'Answer: 200, empty.';
  }
}

const errorText = (code: ErrorCode): string => `[\`${code}\`](#error-catalogue) (${errorCatalogue[code].status})`;

function examples(row: Route): string[] {
  const path = row.path.replace('{name}', row.path.startsWith('/daemons') ? 'pv-xconnect' : 'pv-example-app').replace('{consumer}/{service}', 'pv-example-unix-client/raw-unix');
  const socket = row.server === 'pv-xconnect' ? place.xconnectSocket : place.ctrlSocket;
  const method = row.method === 'GET' ? '' : `-X ${row.method} `;
  const body = row.body === undefined ? '' : `--data '{"action":"restart"}' `;
  return ['pvcurl', 'curl'].map((program) => `${program} -f ${method}${body}--unix-socket ${socket} http://localhost${path}`);
}

const fenced = (language: string, text: string): string => `\`\`\`${language}\n${text}\n\`\`\``;
const anchor = ({ method, path }: Route): string => `${method} ${path}`.toLowerCase().replace(/[^a-z0-9 _-]/g, '').replaceAll(' ', '-');
