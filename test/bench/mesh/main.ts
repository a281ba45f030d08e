/**
 * `npm run bench:mesh [rounds]`: what the mesh costs, in one run beside the direct path and beside a plain relay in C that
 * is built here. A report, no test. Needs root, `dist` and, since client, server and relay are in C, a C compiler.
 */
import { cpus, loadavg } from 'node:os';
import { type Figure, table } from '../figure.ts';
import { fewDescriptors, manyLinks, memory } from './crowd.ts';
import { type BenchMesh, Place, type Service, services } from './place.ts';
import { buildPrograms, type Programs } from './programs.ts';
import { ratioTable, type Row } from './ratio.ts';
import { type Paths, throughput } from './throughput.ts';
import { graphChange, killedProvider } from './times.ts';

const seconds = 1;
const runs = 7;
/** The sessions of one link are limited, so idle ones need several. */
const idleLinks = Array.from({ length: 10 }, (_, index) => `idle${index}`);
const idleSessions = 1000;

const programs = buildPrograms();
if (programs === undefined) {
  console.error('*** The mesh is not measured: there is no C compiler (cc, gcc or clang) for the load generator and the relay to compare with. ***');
} else {
  await run(programs, Number(process.argv[2] ?? 3));
}

async function run(programs: Programs, rounds: number): Promise<void> {
  console.log(`Node ${process.version}, ${cpus().length} CPUs, load average ${loadavg()[0]?.toFixed(1) ?? ''} over the minute before, ${rounds} rounds of ${seconds} s\n`);
  const place = new Place(programs);
  try {
    await place.start();
    const { rows, figures } = await withMesh(place, rounds);
    console.log(`${ratioTable(rows)}\n`);
    figures.push(...(await fewDescriptors(place, 1024, 10_000)), ...(await manyLinks(place, 5000)), await killedProvider(programs.load, runs));
    console.log(`${table(figures)}\n`);
    console.log(JSON.stringify({ rows, figures }));
  } finally {
    await place.stop();
  }
}

async function withMesh(place: Place, rounds: number): Promise<{ rows: Row[]; figures: Figure[] }> {
  const mesh = await place.mesh('main');
  try {
    const graph = [...services.map((name) => place.link(name, name, name === 'http' ? 'rest' : 'unix')), ...idleLinks.map((name) => place.link(name, 'echo'))];
    mesh.core.set(graph);
    await mesh.daemon.says(`Link established: ${place.consumer.name}/${idleLinks.at(-1)}`);
    const paths = await pathsOf(place, mesh);
    const rows = await throughput(place, mesh, paths, rounds, seconds);
    for (const { relay } of Object.values(paths)) await relay.process.stop();
    const change = await graphChange(place, mesh, graph, runs);
    const sizes = await memory(place, mesh, idleLinks.map((name) => place.injected(name)), place.injected('deaf'), idleSessions);
    return { rows, figures: [change, ...sizes] };
  } finally {
    await mesh.stop();
  }
}

async function pathsOf(place: Place, { daemon }: BenchMesh): Promise<Record<Service, Paths>> {
  const entries = services.map(async (service): Promise<[Service, Paths]> => {
    const offered = daemon.said().includes(`Link established: ${place.consumer.name}/${service}\n`);
    return [service, { direct: place.direct(service), relay: await place.relay(service), ...(offered ? { mesh: place.injected(service) } : {}) }];
  });
  return Object.fromEntries(await Promise.all(entries)) as Record<Service, Paths>;
}
