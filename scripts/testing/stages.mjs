// The stages of `npm test`, in the order in which they run: cheap ones first. A stage gives its counts, and never throws.
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { bootstrap } from '../bootstrap.mjs';
import { checkDocuments, checkVersions } from '../checks/documents.mjs';
import { checkTexts } from '../checks/texts.mjs';
import { buildDist } from '../setup/dist.mjs';
import { runAsRoot } from '../setup/root.mjs';
import { run, SetupError } from '../setup/say.mjs';
import { root } from '../setup/workspace.mjs';
import { count } from './vitest-report.mjs';

/** `timeout` of a stage's `run`: milliseconds that are left for it. `essential`: without it, what follows cannot run. */
export function stages({ pattern }) {
  return [
    { name: 'set-up', group: 'always', essential: true, run: () => succeeds(() => bootstrap({ build: false, tests: true })) },
    { name: 'texts', group: 'check', run: () => finds(checkTexts) },
    { name: 'documents', group: 'check', run: () => finds(checkDocuments) },
    { name: 'versions', group: 'check', run: () => finds(checkVersions) },
    { name: 'lockfile', group: 'check', run: (timeout) => exits(bin('pnpm'), ['install', '--frozen-lockfile', '--lockfile-only', '--offline', '--reporter=silent'], timeout) },
    { name: 'reference', group: 'check', run: (timeout) => exits(bin('pnpm'), ['run', '--silent', 'check:docs'], timeout) },
    { name: 'types', group: 'check', run: (timeout) => exits(bin('pnpm'), ['run', '--silent', 'check:types'], timeout) },
    { name: 'lint', group: 'check', run: (timeout) => exits(bin('pnpm'), ['run', '--silent', 'check:lint'], timeout) },
    { name: 'arrows', group: 'check', run: (timeout) => exits(bin('pnpm'), ['run', '--silent', 'check:arrows'], timeout) },
    { name: 'unit tests', group: 'unit', run: (timeout) => vitest('unit', pattern, timeout) },
    { name: 'build', group: 'build', essential: true, run: () => succeeds(buildDist) },
    { name: 'system tests', group: 'system', run: (timeout) => vitest('system', pattern, timeout) },
    { name: 'npm start -- --once', group: 'start', run: (timeout) => exits('npm', ['start', '--', '--once'], timeout) },
  ];
}

function bin(name) {
  return join(root, 'node_modules', '.bin', name);
}

const outcome = (ok) => ({ passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: 0 });

async function succeeds(work) {
  try {
    await work();
    return outcome(true);
  } catch (error) {
    console.error(error instanceof SetupError ? error.message : error);
    return outcome(false);
  }
}

async function finds(check) {
  return succeeds(() => {
    const problems = check();
    if (problems.length > 0) throw new SetupError(problems.join('\n'));
  });
}

async function exits(command, args, timeout) {
  return succeeds(async () => {
    const status = await run(command, args, { cwd: root, timeout, killSignal: 'SIGKILL' });
    if (status !== 0) throw new SetupError(`${command} ${args.join(' ')}: exit status ${status}`);
  });
}

async function vitest(project, pattern, timeout) {
  const report = join(root, '.cache', 'test', `${project}.json`);
  rmSync(report, { force: true });
  const filter = pattern === undefined ? [] : ['-t', pattern, '--passWithNoTests'];
  const args = [join(root, 'node_modules', 'vitest', 'vitest.mjs'), 'run', '--project', project, '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...filter];
  const status = await runAsRoot(process.execPath, args, 'tests mount file systems and start containers', { cwd: root, timeout, killSignal: 'SIGKILL' });
  return count({ status, report: readReport(report), filtered: pattern !== undefined });
}

/** Undefined when vitest did not come to write one. */
function readReport(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}
