// Bundles one program into dist/<name>.mjs: one file, for Node 20, with its licence notices beside it.
// koffi stays outside (a native addon; Node finds it by its ordinary upward lookup).
// Usage, from a program's folder: node ../../scripts/bundle.mjs
import { chmodSync, readFileSync } from 'node:fs';
import { build } from 'esbuild';

const { name, version } = JSON.parse(readFileSync('package.json', 'utf8'));
const program = name.replace(/^@pv\//, '');
const outfile = `dist/${program}.mjs`;

await build({
  entryPoints: ['src/main.ts'],
  outfile,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  // The ES modules of a library that has both, so that it needs no require() of its own parts.
  mainFields: ['module', 'main'],
  external: ['koffi'],
  define: { PV_VERSION: JSON.stringify(version) },
  // CommonJS libraries inside the bundle call require() for Node's own modules.
  banner: {
    js: "#!/usr/bin/env node\nimport { createRequire as pvCreateRequire } from 'node:module'; const require = pvCreateRequire(import.meta.url);",
  },
  legalComments: 'linked',
  logLevel: 'warning',
});
chmodSync(outfile, 0o755);
