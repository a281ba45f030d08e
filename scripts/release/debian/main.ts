/** npm run deb: one Debian package per program into dist/deb, and their sums. SOURCE_DATE_EPOCH is the time of the packed files (default 0). */
import { mkdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { project } from '@pv/testkit/box/project';
import { sourceDateEpoch } from '../epoch.ts';
import { writeDebianPackages } from './packages.ts';

const out = join(project, 'dist', 'deb');
rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
const written = await writeDebianPackages(out, sourceDateEpoch());
for (const file of written) console.log(`${(statSync(join(out, file)).size / 1024).toFixed(1).padStart(8)} KiB  ${file}`);
