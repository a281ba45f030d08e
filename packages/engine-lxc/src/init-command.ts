/**
 * `lxc.init.cmd` -> the words to run. LXC 6 takes quotes at a word's beginning as pvr writes them, `/bin/sh -c "a b"`;
 * LXC 5 knows no quotes at all. So we split, and LXC gets the words. Pure.
 */
import type { ConfigLine } from './config-line.ts';

const word = /"([^"]*)"|'([^']*)'|([^\s"']\S*)|(["'])/g;

/** Empty: the line is absent or says nothing, and LXC runs /sbin/init. */
export function initCommand(lines: readonly ConfigLine[]): readonly string[] {
  const value = lines.findLast(({ key }) => key === 'lxc.init.cmd')?.value ?? '';
  return [...value.matchAll(word)].map(([, double, single, plain]) => double ?? single ?? plain ?? '');
}

export function commandProblem({ value }: ConfigLine): string | undefined {
  const open = [...value.matchAll(word)].find(([, , , , quote]) => quote !== undefined)?.[4];
  return open === undefined ? undefined : `a word begins with ${open}, but no ${open} ends it`;
}
