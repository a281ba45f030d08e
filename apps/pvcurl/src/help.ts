/** The help, made from the table of options. */
import { optionRows } from './options.ts';

export function help(): string {
  const rows = optionRows.map(({ names, value, help: text }) => [`${names.join(', ')}${value === undefined ? '' : ` ${value}`}`, text] as const);
  const width = Math.max(...rows.map(([left]) => left.length));
  return `Usage: pvcurl --unix-socket PATH [options] [URL]

Sends one HTTP request over a unix socket and prints the answer. URL is http://localhost/PATH or a
path alone. The exit status tells how the transfer went, not what the server answered.

Options:
${rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}\n`).join('')}
Exit codes: 0 answered, 1 wrong usage, 7 cannot connect, 8 no HTTP, 18 cut off, 22 see -f,
23 cannot write, 26 cannot read the body, 28 timeout, 52 no answer, 55 cannot send, 56 cannot receive.

Examples:
  pvcurl --unix-socket /run/pantavisor/pv/pv-ctrl http://localhost/containers
  pvcurl -X PUT --data '{"action":"stop"}' --unix-socket /run/pantavisor/pv/pv-ctrl \\
    http://localhost/daemons/pv-xconnect
`;
}
