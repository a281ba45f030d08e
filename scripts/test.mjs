#!/usr/bin/env node
// npm test: sets the machine up, checks, tests, and ends with a line `N passed, N failed`. `npm test -- --help` tells the options.
import { parseArgs } from 'node:util';
import { stages } from './testing/stages.mjs';
import { summary } from './testing/summary.mjs';

const help = `npm test -- [options]

Installs what is missing, then runs checks, unit tests, build, system tests and \`npm start -- --once\`.

  --check          only the checks: texts, documents, versions, lockfile, types, lint, arrows
  --unit           only the unit tests
  --system         only build and system tests
  --start          only build and \`npm start -- --once\`
  -t <pattern>     only tests whose name matches, of the unit and system tests
  --help           this text

--check, --unit, --system and --start may be combined.
`;

/** Milliseconds. What has not ended by then is killed and counted as failed. */
const budget = 45 * 60_000;

const options = parse();
if (options.help) console.log(help);
else await main();

function parse() {
  const flags = Object.fromEntries(['check', 'unit', 'system', 'start', 'help'].map((name) => [name, { type: 'boolean' }]));
  try {
    return parseArgs({ options: { ...flags, t: { type: 'string', short: 't' } } }).values;
  } catch (error) {
    console.error(`${error.message}\n\n${help}`);
    process.exit(2);
  }
}

async function main() {
  const wanted = stages({ pattern: options.t }).filter(isWanted);
  const results = await runAll(wanted);
  const missed = wanted.slice(results.length).map(({ name }) => ({ name: `${name} (not run)`, passed: 0, failed: 1, skipped: 0, seconds: 0 }));
  const { lines, ok } = summary([...results, ...missed]);
  console.log(lines.join('\n'));
  process.exitCode = ok ? 0 : 1;
}

/** The results of the stages that ran: all, unless the user interrupts or an essential one fails. */
async function runAll(wanted) {
  const interrupt = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => interrupt.abort());
  const end = performance.now() + budget;
  const results = [];
  for (const stage of wanted) {
    console.log(`\n=== ${stage.name}`);
    const start = performance.now();
    const counts = await stage.run(Math.max(1, Math.round(end - start)));
    results.push({ name: stage.name, ...counts, seconds: (performance.now() - start) / 1000 });
    if (interrupt.signal.aborted || (stage.essential && counts.failed > 0)) break;
  }
  return results;
}

function isWanted({ group }) {
  const given = ['check', 'unit', 'system', 'start'].filter((name) => options[name]);
  const chosen = given.length === 0 && options.t !== undefined ? ['unit', 'system'] : given;
  if (group === 'always' || chosen.length === 0) return true;
  return group === 'build' ? chosen.includes('system') || chosen.includes('start') : chosen.includes(group);
}
