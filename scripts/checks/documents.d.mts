export interface CommandBlock {
  readonly path: string;
  /** Of its fence, from 1. */
  readonly line: number;
  /** `box`: where the usual examples are booted. `checkout`: in the project's folder, nothing booted. `docker`: there, with a Docker engine. */
  readonly place: 'box' | 'checkout' | 'docker';
  readonly commands: readonly { readonly text: string; readonly exits: number }[];
  /** Lines that are to be seen, in order; `...` stands for anything, on a line of its own for any lines. */
  readonly output: readonly string[];
}

/** What a test is to run, in the order of the documents and of their blocks. */
export function commandBlocks(): CommandBlock[];
