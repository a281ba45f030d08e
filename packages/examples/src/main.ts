/** Command line of the example builder; see build.ts. */
import { parseArgs } from 'node:util';
import { buildExamples, examples } from './build.ts';

const usage = `Usage: build-examples --out DIR [NAME...]

Builds the example containers (those named, or all but pv-example-drm-*, which need a graphics device,
pv-example-wayland-*, which need weston, pv-example-dbus-host-* and pv-avahi*, which need the hosted bus) into DIR/<name>.pvrexport.tgz.
  --out DIR        where to write
  --busybox FILE   static busybox (default /bin/busybox)
Names: ${Object.keys(examples).join(' ')}
`;

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { out: { type: 'string' }, busybox: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help === true) console.log(usage);
  else if (values.out === undefined) throw new Error('--out DIR is missing');
  else {
    const { out, busybox } = values;
    const sourceDateEpoch = Number(process.env['SOURCE_DATE_EPOCH'] ?? 0);
    const built = await buildExamples({ out, sourceDateEpoch, ...(busybox === undefined ? {} : { busybox }), ...(positionals.length === 0 ? {} : { names: positionals }) });
    for (const path of built) console.log(path);
  }
} catch (error) {
  console.error(`build-examples: ${(error as Error).message}\n${usage}`);
  process.exitCode = 1;
}
