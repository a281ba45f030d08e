/** What a revision says about a container to its engine alone, read from the trail. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Declaration } from '@pv/engine/engine';
import type { ContainerModel } from '@pv/state/model';

/** Without a configuration file, run.json is what a message can name. */
export function declaration({ name, config, module, volumes }: ContainerModel, trail: string): Declaration {
  const folder = join(trail, name);
  return {
    config: config === null ? { path: `${name}/run.json`, text: '' } : { path: `${name}/${config}`, text: readFileSync(join(folder, config), 'utf8') },
    ...(module === null ? {} : { program: { folder, file: module, volumes: volumes.map((volume) => volume.name) } }),
  };
}
