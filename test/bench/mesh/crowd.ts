/** Many of everything: idle sessions, what a reader that never reads holds, few descriptors, many links. */
import { setTimeout as delay } from 'node:timers/promises';
import { waitFor } from '@pv/testkit/wait-for';
import type { Figure } from '../figure.ts';
import { hold, load, nowMs, usableAt } from './load.ts';
import type { BenchMesh, Place } from './place.ts';
import { openFds, pss } from './process.ts';

const gib = 2 ** 30;

/** `idle`: paths over which the sessions are spread. */
export async function memory({ programs }: Place, { daemon }: BenchMesh, idle: readonly string[], deaf: string, sessions: number): Promise<Figure[]> {
  const before = pss(daemon.pid);
  const holders = await Promise.all(idle.map((path) => hold(programs.load, ['idle', path, String(sessions / idle.length)])));
  const crowded = pss(daemon.pid);
  const alive = holders.reduce((sum, { said }) => sum + said, 0);
  for (const { process } of holders) await process.stop();
  const offered = await hold(programs.load, ['offer', deaf, String(gib)]);
  const held = pss(daemon.pid);
  await offered.process.stop();
  return [
    { what: 'PSS of pv-xconnect after all that', unit: 'MB', values: [before] },
    { what: `PSS with ${alive} idle sessions`, unit: 'MB', values: [crowded] },
    { what: 'PSS with a reader that never reads, 1 GiB offered', unit: 'MB', values: [held], aim: 'under 64' },
    { what: '... of which so much was taken', unit: 'MB', values: [offered.said / 1e6] },
  ];
}

/** Short connections, more at a time than there are descriptors for. */
export async function fewDescriptors(place: Place, descriptors: number, connections: number): Promise<Figure[]> {
  const mesh = await place.mesh('few', descriptors);
  try {
    mesh.core.set([place.link('few', 'echo')]);
    // The graph is asked for again meanwhile, and the first session loads what the later ones use.
    await usableAt(place.programs.load, place.injected('few'));
    await delay(200);
    const before = openFds(mesh.daemon.pid);
    const { failures, seconds } = await load(place.programs.load, 'connects', place.injected('few'), 600, 120, connections);
    await usableAt(place.programs.load, place.injected('few'));
    const left = await leastFds(mesh.daemon.pid, before);
    return [
      { what: `${connections} short connections, 600 at a time, ${descriptors} descriptors: failures`, unit: 'number', values: [failures], aim: 'none' },
      { what: '... took', unit: 's', values: [seconds] },
      { what: '... descriptors left behind', unit: 'number', values: [left - before], aim: 'none' },
    ];
  } finally {
    await mesh.stop();
  }
}

/** The last sessions end a moment after their clients. */
async function leastFds(pid: number, before: number): Promise<number> {
  for (let look = 0; look < 100 && openFds(pid) > before; look += 1) await delay(10);
  return openFds(pid);
}

/** As far as descriptors go: no limit is set here but the machine's. */
export async function manyLinks(place: Place, links: number): Promise<Figure[]> {
  const mesh = await place.mesh('many');
  try {
    const names = Array.from({ length: links }, (_, index) => `many/${index}`);
    const graph = names.map((name) => place.link(name, 'echo'));
    const begun = nowMs();
    mesh.core.set(graph);
    const made = await waitFor(() => settled(mesh.daemon.said(), links), { what: `${links} links`, everyMs: 5, timeoutMs: 120_000, detail: () => mesh.daemon.said().slice(-2000) });
    const took = nowMs() - begun;
    // Without a descriptor left nobody can be accepted.
    if (made === links) for (const name of names.filter((_, index) => index % 50 === 0)) await usableAt(place.programs.load, place.injected(name));
    return [
      { what: `of ${links} links in one graph established`, unit: 'number', values: [made], aim: 'all' },
      { what: '... after', unit: 's', values: [took / 1000] },
      { what: '... PSS of pv-xconnect', unit: 'MB', values: [pss(mesh.daemon.pid)] },
      { what: '... descriptors per link', unit: 'number', values: [openFds(mesh.daemon.pid) / made] },
    ];
  } finally {
    await mesh.stop();
  }
}

/** How many are established, once all are or one could not be. */
function settled(said: string, links: number): number | undefined {
  const made = said.split('Link established').length - 1;
  return made === links || said.includes('Failed to add link') ? made : undefined;
}
