/** Help texts, made from the list of commands. */
import { commands } from './commands.ts';
import type { Command } from './verb.ts';

const optionsHelp = `Options:
  -s, --socket PATH  control socket (default: $PV_SYSTEM_RUNDIR/pv-ctrl when that is set, else the first of
                     /run/pantavisor/pv/pv-ctrl, /pv/pv-ctrl, $SOCKET, /pantavisor/pv-ctrl that is there)
  -f, --file PATH    write the answer to PATH instead of stdout
      --json         JSON also on a terminal, as it always is in a pipe
  -v, --verbose      show the requests, on stderr
  -m, --message TEXT commit message, for commands that take one
  -h, --help         show help, also for one command
      --version      show the version

Exit codes: 0 done, 1 wrong usage or no answer, 75 try again later, 255 refused.
`;

export function overview(): string {
  return `Usage: pvcontrol [options] COMMAND [arguments]\n\nControls Pantavisor's runtime through its control socket.\n\nCommands:\n${list(commands)}\n${optionsHelp}`;
}

export function nounHelp(noun: string): string {
  return `Usage: pvcontrol [options] ${noun} VERB [arguments]\n\n${list(commands.filter(({ nouns }) => nouns.includes(noun)))}\n${optionsHelp}`;
}

export function commandHelp(verb: Command): string {
  const aliases = [...verb.nouns.slice(1), ...verb.verbs.slice(1)];
  return [
    `Usage: pvcontrol [options] ${usage(verb)}\n`,
    `${verb.summary}.`,
    ...(aliases.length > 0 ? [`Also spelled: ${aliases.join(', ')}`] : []),
    ...Object.entries(verb.flags ?? {}).map(([flag, summary]) => `  --${flag.padEnd(9)} ${summary}`),
    `\nExample:\n  ${verb.example}\n`,
    optionsHelp,
  ].join('\n');
}

function list(verbs: readonly Command[]): string {
  const width = Math.max(...verbs.map((verb) => usage(verb).length));
  return verbs.map((verb) => `  ${usage(verb).padEnd(width)}  ${verb.summary}\n`).join('');
}

function usage({ nouns, verbs, operands }: Command): string {
  return [nouns[0], verbs[0], ...operands].filter((word) => word !== undefined).join(' ');
}
