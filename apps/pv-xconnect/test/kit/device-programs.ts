/** The device programs of a version 2 control group, seen from outside. */
import { openSync } from 'node:fs';
import { devicePrograms, instructionsOf, openProgram } from '@pv/pv-native/bpf';
import { closeFd } from '@pv/pv-native/fd';
import { takeApart } from '../../src/plugins/drm/device-program.ts';

/** `work` with the descriptor of the group's directory. */
export function withGroup<T>(directory: string, work: (fd: number) => T): T {
  const fd = openSync(directory, 'r');
  try {
    return work(fd);
  } finally {
    closeFd(fd);
  }
}

export const programsOf = (directory: string): Buffer[] => withGroup(directory, (fd) => devicePrograms(fd).ids.map((id) => {
  const program = openProgram(id);
  const instructions = Buffer.from(instructionsOf(program));
  closeFd(program);
  return instructions;
}));

/** What was put before them. */
export const permittedIn = (directory: string): string[] => programsOf(directory).flatMap((program) => takeApart(program).permitted);
