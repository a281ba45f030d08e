/** Starts one container: `hook lxcPath specFile`. A test kills it before that is through. */
import { readFileSync } from 'node:fs';
import type { StartSpec } from '@pv/engine/engine';
import { createLxcEngine } from '../../src/lxc-engine.ts';

const [hook = '', lxcPath = '', specFile = ''] = process.argv.slice(2);
await createLxcEngine({ hook, logLevel: 2, allowHostNetwork: false, lxcPath }).start(JSON.parse(readFileSync(specFile, 'utf8')) as StartSpec);
