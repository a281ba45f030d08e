/** Where pv-core is: named by the user, or beside pv-appengine. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

export type FoundCore = { readonly kind: 'found'; readonly path: string } | { readonly kind: 'missing'; readonly message: string };

/** `named`: PV_CORE, empty like not set. `program`: the file of pv-appengine. */
export function findCore(named: string | undefined, program: string): FoundCore {
  const path = named || join(dirname(program), 'pv-core.mjs');
  if (existsSync(path)) return { kind: 'found', path };
  return { kind: 'missing', message: `there is no ${path}: install pv-core beside pv-appengine, or name it with PV_CORE` };
}
