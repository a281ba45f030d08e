/**
 * docs/reference/api.md, generated from the contract. `--check`: compares instead of writing, and fails when the
 * file is not what the contract says. Usage: npm run docs [-- --check]
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { errorTable, everywhereText, limitTable } from './reference/limits-text.ts';
import { routeSections, routeTable } from './reference/routes-text.ts';

const path = fileURLToPath(new URL('../docs/reference/api.md', import.meta.url));

main(process.argv.slice(2));

function main(args: readonly string[]): void {
  if (args.length > 1 || (args[0] !== undefined && args[0] !== '--check')) return fail('usage: npm run docs [-- --check]', 2);
  const wanted = referenceText();
  if (args[0] === undefined) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, wanted);
  } else if (readIfThere() !== wanted) fail('docs/reference/api.md is not what packages/contract says; run: npm run docs', 1);
}

function readIfThere(): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function referenceText(): string {
  const { routes, types } = routeSections();
  return `# Control API

Generated from \`packages/contract\` by \`npm run docs\`; do not edit.

HTTP/1.0 and HTTP/1.1 over unix stream sockets. The host calls \`/run/pantavisor/pv/pv-ctrl\`; a container calls
\`/pantavisor/pv-ctrl\`, a socket of its own, which tells who it is. The Host field is missing, empty or \`localhost\`.
An error is JSON: \`{"Error":"<text>","code":"<code>","hint":"<what to do>"}\`; clients go by \`code\` and status, people by the rest.
The two refusals for want of the role \`mgmt\` carry \`Error\` alone, byte for byte as clients compare them.

## Endpoints

${routeTable()}

${routes}

## Types

${types}

## Errors of every endpoint

${everywhereText()}

## Error catalogue

A 503 carries \`Retry-After\`. \`{detail}\` stands for what is particular to the case.

${errorTable()}

## Limits

${limitTable()}
`;
}

function fail(problem: string, code: number): void {
  process.stderr.write(`${problem}\n`);
  process.exitCode = code;
}
