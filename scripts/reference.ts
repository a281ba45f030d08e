/**
 * docs/reference/api.md, generated from the contract, and mesh-cases.md, from the titles of tests. `--check`: compares
 * instead of writing, and fails when a file is not what it should be. Usage: npm run docs [-- --check]
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { caseTable, readTests, weaknessTable } from './reference/cases-text.ts';
import { errorTable, everywhereText, limitTable } from './reference/limits-text.ts';
import { weaknesses } from './reference/mesh-cases.ts';
import { routeSections, routeTable } from './reference/routes-text.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const documents = { 'docs/reference/api.md': referenceText, 'docs/reference/mesh-cases.md': casesText };

main(process.argv.slice(2));

function main(args: readonly string[]): void {
  if (args.length > 1 || (args[0] !== undefined && args[0] !== '--check')) return fail('usage: npm run docs [-- --check]', 2);
  for (const [name, text] of Object.entries(documents)) {
    const path = join(root, name);
    const wanted = text();
    if (args[0] === undefined) {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, wanted);
    } else if (readIfThere(path) !== wanted) fail(`${name} is not what it is generated from says; run: npm run docs`, 1);
  }
}

function readIfThere(path: string): string | undefined {
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

function casesText(): string {
  const tests = readTests(root);
  return `# Cases of the mesh

Generated from the titles of tests by \`npm run docs\`; do not edit. The cases and the weaknesses are in \`scripts/reference/mesh-cases.ts\`.

A test that shows a case begins its title with the case's number: \`npm test -- -t '7.2-15 '\` runs those of one. Containers are LXC's in \`test/\` and where a test says so;
else they are processes with a mount namespace, a root and a control group of their own.

## What it is for (7.1), and what is done against it (7.2)

${caseTable(tests)}

## Weaknesses that it has not

${weaknessTable(weaknesses, tests)}
`;
}

function fail(problem: string, code: number): void {
  process.stderr.write(`${problem}\n`);
  process.exitCode = code;
}
