/** Command line of the example builder; see build.ts. */
import { parseArgs } from 'node:util';
import { buildExamples, examples } from './build.ts';

const usage = `Usage: build-examples --out DIR [NAME...]

Builds the example containers (those named, or all but pv-example-drm-*, which need a graphics device,
pv-example-wayland-*, which need weston, pv-example-dbus-host-* and pv-avahi*, which need the hosted bus) into DIR/<name>.pvrexport.tgz.
  --out DIR        where to write
  --busybox FILE   static busybox (default /bin/busybox)
The time of every file is SOURCE_DATE_EPOCH (seconds), 0 when not given.
Names: ${Object.keys(examples).join(' ')}
`;

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { out: { type: 'string' }, busybox: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help === true) console.log(usage);
  else if (values.out === undefined) throw new Error('--out DIR is missing; --help tells all options');
  else {
    const { out, busybox } = values;
    const epoch = process.env['SOURCE_DATE_EPOCH'] ?? '0';
    if (!/^\d{1,10}$/.test(epoch)) throw new Error(`SOURCE_DATE_EPOCH is '${epoch}': must be seconds since 1970`);
    const built = await buildExamples({ out, sourceDateEpoch: Number(epoch), ...(busybox === undefined ? {} : { busybox }), ...(positionals.length === 0 ? {} : { names: positionals }) });
    for (const path of built) console.log(path);
  }
} catch (error) {
  console.error(`build-examples: ${(error as Error).message}`);
  process.exitCode = 1;
}
