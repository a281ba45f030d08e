// Bundles one program into dist/<name>.mjs: one file, for Node 20; and each of its worker threads, src/<x>-worker.ts, into
// dist/<name>.<x>.mjs. dist/meta.json, esbuild's own, says what is in them. A tool becomes CommonJS, dist/<name>.cjs: Node
// starts it faster (decision 5).
// koffi stays outside (a native addon; Node finds it by its ordinary upward lookup).
// Usage, from a program's folder: node ../../scripts/bundle.mjs
import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { build } from 'esbuild';
import { extension } from './setup/workspace.mjs';

const { name, version } = JSON.parse(readFileSync('package.json', 'utf8'));
const program = name.replace(/^@pv\//, '');
const asCommonJs = extension(program) === '.cjs';
const workers = readdirSync('src').flatMap((file) => /^(.+)-worker\.ts$/.exec(file)?.[1] ?? []);

const { metafile } = await build({
  entryPoints: [{ in: 'src/main.ts', out: program }, ...workers.map((worker) => ({ in: `src/${worker}-worker.ts`, out: `${program}.${worker}` }))],
  outdir: 'dist',
  outExtension: { '.js': extension(program) },
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: asCommonJs ? 'cjs' : 'esm',
  // The ES modules of a library that has both, so that it needs no require() of its own parts.
  mainFields: ['module', 'main'],
  external: ['koffi'],
  define: { PV_VERSION: JSON.stringify(version) },
  // CommonJS libraries inside an ES module call require() for Node's own modules.
  banner: {
    js: `#!/usr/bin/env node${asCommonJs ? '' : "\nimport { createRequire as pvCreateRequire } from 'node:module'; const require = pvCreateRequire(import.meta.url);"}`,
  },
  legalComments: 'eof',
  metafile: true,
  logLevel: 'warning',
});
chmodSync(`dist/${program}${extension(program)}`, 0o755);
writeFileSync('dist/meta.json', JSON.stringify(metafile));
