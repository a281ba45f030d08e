/** npm run pack: writes a release into dist/release and its sums into the recipes, and tells the sizes. SOURCE_DATE_EPOCH is the time of the packed files (default 0). */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { project } from '@pv/testkit/box/project';
import { sourceDateEpoch } from './epoch.ts';
import { includePath, releaseInclude } from './recipes.ts';
import { buildRelease } from './release.ts';

const out = join(project, 'dist', 'release');
const files = await buildRelease(sourceDateEpoch());
rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
for (const [name, bytes] of files) writeFileSync(join(out, name), bytes);
writeFileSync(join(project, includePath), await releaseInclude(files));
for (const [name, bytes] of files) console.log(`${(bytes.length / 1024).toFixed(1).padStart(8)} KiB  ${name}`);
