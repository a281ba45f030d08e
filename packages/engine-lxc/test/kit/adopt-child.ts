/** Another process: adopts a container, says so, and prints its end. Arguments: hook, lxcPath, name, state directory. */
import type { ContainerName } from '@pv/contract/names';
import { createLxcEngine } from '../../src/lxc-engine.ts';

const [hook = '', lxcPath = '', name = '', stateDir = ''] = process.argv.slice(2);
const result = await createLxcEngine({ hook, lxcPath, logLevel: 2, allowHostNetwork: false }).adopt({ name: name as ContainerName, stateDir });
process.stdout.write(`${result.kind}\n`);
if (result.kind === 'running') process.stdout.write(`${JSON.stringify(await result.container.ended)}\n`);
