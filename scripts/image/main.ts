/** Writes the image into `dist`; `--wasmedge`: the one with WasmEdge. SOURCE_DATE_EPOCH: seconds, the time in it. */
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { project } from '@pv/testkit/box/project';
import { sourceDateEpoch } from '../release/epoch.ts';
import { buildImage, imageName } from './image.ts';

const wasmedge = process.argv.includes('--wasmedge');
const path = join('dist', `${imageName({ wasmedge })}-docker.tar`);
const bytes = await buildImage({ wasmedge, epoch: sourceDateEpoch() });
writeFileSync(join(project, `${path}.new`), bytes);
renameSync(join(project, `${path}.new`), join(project, path));
console.log(`==> ${path}: ${(bytes.length / 1e6).toFixed(1)} MB; docker load < ${path}`);
