/**
 * `npm run bench:wasm`: what a WebAssembly container costs, beside the same program as a busybox script in an LXC container.
 * A report, no test. Needs root, `dist`, and WasmEdge as the set-up of the tests unpacks it.
 */
import { shellScript } from '@pv/engine/behaviour';
import { cpus, loadavg } from 'node:os';
import { moduleFor } from '../../../packages/engine-wasmedge/test/kit/modules.ts';
import { table } from '../figure.ts';
import { crowd } from './crowd.ts';
import { single } from './single.ts';

const count = 50;
const runs = 15;

const programs = { module: Buffer.from(moduleFor({ does: 'stay' })), script: shellScript({ does: 'stay' }) };
console.log(`Node ${process.version}, ${cpus().length} CPUs, load average ${loadavg()[0]?.toFixed(1) ?? ''} over the minute before\n`);
const figures = [...(await single(runs)), ...(await crowd('WebAssembly', count, programs)), ...(await crowd('busybox', count, programs))];
console.log(`${table(figures)}\n`);
console.log(JSON.stringify({ figures }));
