/** The processes of a box, seen from the host: which they are, and their two numbers. */
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { cgroupsBelow } from './hierarchies.ts';

export interface BoxProcess {
  readonly hostPid: number;
  /** As the box numbers it. */
  readonly pid: number;
  /** Empty for a zombie. */
  readonly argv: readonly string[];
}

/** Everything in the cgroup `root` and below: what a box started, in containers too. A process that ends meanwhile is left out. */
export function processesIn(root: string): BoxProcess[] {
  const pids = ['', ...cgroupsBelow(root)].flatMap((path) => lines(join(root, path, 'cgroup.procs')));
  return [...new Set(pids)].flatMap((text): BoxProcess[] => {
    const numbers = /^NSpid:\s+(.*)$/m.exec(read(`/proc/${text}/status`))?.[1]?.split(/\s+/) ?? [];
    const pid = numbers[1];
    if (pid === undefined) return []; // gone, or not in the box: the nsenter that waits for its program
    return [{ hostPid: Number(text), pid: Number(pid), argv: read(`/proc/${text}/cmdline`).split('\0').slice(0, -1) }];
  });
}

/** Is it that one of our programs? Told by the bundle that node runs. */
export function runsProgram({ argv }: BoxProcess, name: string): boolean {
  return argv.some((argument) => [`${name}.mjs`, `${name}.cjs`].includes(basename(argument)));
}

/** For a process that should have ended: its state and where in the kernel it is, one line each. */
export function whereabouts(root: string): string {
  return processesIn(root).map(({ hostPid, pid, argv }) => {
    const state = /^State:\s+(.*)$/m.exec(read(`/proc/${hostPid}/status`))?.[1];
    const stack = read(`/proc/${hostPid}/stack`).replace(/\[<0>\] |\+0x\S+/g, '').trim().split('\n').join(' < ');
    return `${pid} (${hostPid} on the host) ${state ?? 'gone'}: ${argv.join(' ')} [${stack}]`;
  }).join('\n');
}

function lines(path: string): string[] {
  return read(path).split('\n').filter((line) => line !== '');
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
