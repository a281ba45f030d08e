/** kas/makemachines: see make.ts. KAS in the environment: the command to run instead of `kas`. */
import { project } from '@pv/testkit/box/project';
import { makeMachines } from './make.ts';

for (const failure of failures()) {
  console.error(failure);
  process.exitCode = 1;
}

function failures(): string[] {
  try {
    return makeMachines({ root: project, kas: (process.env['KAS'] ?? 'kas').split(' '), say: console.log });
  } catch (error) {
    return [(error as Error).message];
  }
}
