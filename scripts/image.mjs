#!/usr/bin/env node
// npm run image: sets up what is needed, then makes the Docker image. How it is made is in image/main.ts.
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { bootstrap } from './bootstrap.mjs';
import { fail, run } from './setup/say.mjs';
import { ensureTrees } from './setup/suite.mjs';
import { root } from './setup/workspace.mjs';

const help = `npm run image -- [options]

Makes dist/pantavisor-appengine-docker.tar from Debian's packages and our programs, for \`docker load\`.

  --wasmedge   with WasmEdge, for WebAssembly containers: dist/pantavisor-appengine-wasmedge-docker.tar
  --help       this text

The time in it is SOURCE_DATE_EPOCH (seconds), 0 when not given.
`;

try {
  const { wasmedge = false, help: wanted } = options();
  if (wanted) console.log(help);
  else await main(wasmedge ? ['--wasmedge'] : []);
} catch (error) {
  fail(error);
}

function options() {
  try {
    return parseArgs({ options: { wasmedge: { type: 'boolean' }, help: { type: 'boolean' } } }).values;
  } catch (error) {
    console.error(`${error.message}\n\n${help}`);
    process.exit(2);
  }
}

async function main(args) {
  await bootstrap();
  await ensureTrees(['image']);
  process.exitCode = await run(process.execPath, ['--import', 'tsx', join(root, 'scripts', 'image', 'main.ts'), ...args], { cwd: root });
}
