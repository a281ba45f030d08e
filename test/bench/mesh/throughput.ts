/** How much goes through each of three paths to one server. They take turns, so that a busy machine slows all of them. */
import { load, type Load } from './load.ts';
import type { BenchMesh, Place, Service } from './place.ts';
import { cpuSeconds, type Running } from './process.ts';
import type { Row } from './ratio.ts';

export interface Paths {
  readonly direct: string;
  readonly relay: { readonly path: string; readonly process: Running };
  /** Missing: pv-xconnect does not offer links of this type. */
  readonly mesh?: string;
}

interface Case {
  readonly what: string;
  readonly kind: Load;
  readonly service: Service;
  readonly aims: Readonly<Record<number, number>>;
}

const cases: readonly Case[] = [
  { what: 'bulk, 64 KiB writes (MB/s)', kind: 'bulk', service: 'sink', aims: { 1: 0.5 } },
  { what: 'round trips of 1 byte per second', kind: 'trips', service: 'echo', aims: { 1: 0.45 } },
  { what: 'connect + 1 byte + close per second', kind: 'connects', service: 'echo', aims: { 1: 0.33 } },
  { what: 'keep-alive requests per second, rest', kind: 'http', service: 'http', aims: { 1: 0.3 } },
];
const crowds = [1, 64];

interface Sample {
  readonly rate: number;
  /** CPU seconds of the process between, per GiB or per thing done. */
  readonly cost: number;
}

export async function throughput(place: Place, { daemon }: BenchMesh, paths: Readonly<Record<Service, Paths>>, rounds: number, seconds: number): Promise<Row[]> {
  const measure = async (kind: Load, path: string, connections: number, pid?: number): Promise<Sample> => {
    const before = pid === undefined ? 0 : cpuSeconds(pid);
    const { count, bytes, failures, seconds: took } = await load(place.programs.load, kind, path, connections, seconds);
    if (failures > 0) throw new Error(`${failures} failures of ${kind} through ${path}\n${daemon.said().slice(-2000)}`);
    const done = kind === 'bulk' ? bytes / 2 ** 30 : count;
    const cpu = pid === undefined ? 0 : cpuSeconds(pid) - before;
    return { rate: kind === 'bulk' ? bytes / took / 1e6 : count / took, cost: cpu / done };
  };
  const rows: { row: Row; kind: Load; service: Service }[] = cases.flatMap(({ what, kind, service, aims }) => crowds.map((connections) => ({
    row: { what, connections, direct: [], relay: [], mesh: [], relayCost: [], meshCost: [], costUnit: kind === 'bulk' ? 's/GiB' : 'µs', ...(aims[connections] === undefined ? {} : { aim: aims[connections] }) },
    kind, service,
  })));
  for (let round = 0; round < rounds; round += 1) {
    for (const { row, kind, service } of rows) {
      const { direct, relay, mesh } = paths[service];
      row.direct.push((await measure(kind, direct, row.connections)).rate);
      const plain = await measure(kind, relay.path, row.connections, relay.process.pid);
      row.relay.push(plain.rate);
      row.relayCost.push(plain.cost);
      if (mesh === undefined) continue;
      const ours = await measure(kind, mesh, row.connections, daemon.pid);
      row.mesh.push(ours.rate);
      row.meshCost.push(ours.cost);
    }
  }
  return rows.map(({ row }) => row);
}
