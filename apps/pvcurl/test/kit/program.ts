/** pvcurl as it is installed, and a server for it that plays pv-ctrl. */
import { program, type Program, type ProgramResult } from '@pv/testkit/program';
import { tempRoot, type TempRoot } from '@pv/testkit/temp-root';
import { afterAll, beforeAll, expect } from 'vitest';
import { contractServer, type StandIn } from './stand-in.ts';

export interface Pvcurl {
  readonly root: TempRoot;
  readonly program: () => Program;
  readonly server: () => StandIn;
  /** With the server's socket before `args`. */
  run(args: readonly string[], input?: string | Buffer): Promise<ProgramResult>;
  bare(args: readonly string[], input?: string | Buffer): Promise<ProgramResult>;
}

/** Call once at the top of a test file. */
export function usePvcurl(): Pvcurl {
  const root = tempRoot('pv-curl');
  const at: { program?: Program; server?: StandIn } = {};
  beforeAll(async () => {
    at.program = await program('pvcurl', root.path);
    at.server = await contractServer(root.path);
  });
  afterAll(async () => {
    await at.server?.stop();
    root.remove();
  });
  const used = { program: () => at.program ?? expect.fail('no program'), server: () => at.server ?? expect.fail('no server') };
  const bare: Pvcurl['bare'] = (args, input) => used.program().run(args, input === undefined ? {} : { input });
  return { root, ...used, bare, run: (args, input) => bare(['--unix-socket', used.server().socketPath, ...args], input) };
}
