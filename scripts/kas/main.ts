/** kas/makemachines: see make.ts. KAS in the environment: the command to run instead of `kas`. */
import { project } from '@pv/testkit/box/project';
import { makeMachines } from './make.ts';

const failures = makeMachines({ root: project, kas: (process.env['KAS'] ?? 'kas').split(' '), say: console.log });
for (const failure of failures) console.error(failure);
process.exitCode = failures.length === 0 ? 0 : 1;
