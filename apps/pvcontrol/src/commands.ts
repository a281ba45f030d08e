/** Every command, in the order of the help. */
import { buildinfo } from './commands/buildinfo/buildinfo.ts';
import { containersControl } from './commands/containers/control.ts';
import { containersLs, ls } from './commands/containers/ls.ts';
import { daemonsControl } from './commands/daemons/control.ts';
import { daemonsLs } from './commands/daemons/ls.ts';
import { graphLs } from './commands/graph/ls.ts';
import { graphShow } from './commands/graph/show.ts';
import { graphWatch } from './commands/graph/watch.ts';
import { graphWhy } from './commands/graph/why.ts';
import { groupsLs } from './commands/groups/ls.ts';
import type { Command } from './verb.ts';

export const commands: readonly Command[] = [ls, containersLs, ...containersControl, groupsLs, daemonsLs, ...daemonsControl, graphLs, graphShow, graphWatch, graphWhy, buildinfo];
