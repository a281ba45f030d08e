/**
 * `lxc.container.conf` of a revision -> its lines, and what is wrong with them. Pure; nothing is read. A line is
 * understood exactly as LXC understands it (quotes included), and written anew so that LXC can read nothing else.
 */
import type { ConfigFile, ConfigLine, ConfigPolicy } from './config-line.ts';
import { rules } from './config-rules.ts';

/** Lines in order; comments and empty lines left out. */
export function configLines({ text }: ConfigFile): ConfigLine[] {
  return text.split('\n').flatMap((raw, index) => {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) return [];
    const split = line.indexOf('=');
    const [key, value] = split < 0 ? [line, ''] : [line.slice(0, split).trim(), line.slice(split + 1).trim()];
    return [{ key, value: unquoted(value), line: index + 1 }];
  });
}

/** The line that LXC reads as this key and this value. */
export function configText(key: string, value: string): string {
  return `${key} = ${/^["']/.test(value) ? `"${value}"` : value}`;
}

/** One sentence per defect, beginning with `file:line:`. */
export function configProblems(file: ConfigFile, policy: ConfigPolicy): string[] {
  const lines = configLines(file);
  return lines.flatMap((entry) => {
    const problem = problemOf(entry, policy, lines);
    return problem === undefined ? [] : [`${file.path}:${entry.line}: ${shown(entry.key)}: ${problem}`];
  });
}

/** The first rule that knows the key decides; a key that none knows is refused. */
function problemOf(entry: ConfigLine, policy: ConfigPolicy, lines: readonly ConfigLine[]): string | undefined {
  if (hasControl(entry.key + entry.value)) return 'holds a control character, where LXC would read something else than we do';
  const rule = rules.find(({ keys }) => keys.test(entry.key));
  if (rule !== undefined) return rule.problem?.(entry, policy, lines);
  return entry.key.startsWith('lxc.') ? 'is not a key that a revision may set; see docs/overview/containers.md' : 'is not an LXC key; every key begins with "lxc."';
}

function unquoted(value: string): string {
  const quote = value[0];
  return value.length > 1 && (quote === '"' || quote === "'") && value.endsWith(quote) ? value.slice(1, -1) : value;
}

/** Tab is white space to LXC too. */
export function hasControl(text: string): boolean {
  return /[\u0000-\u0008\u000a-\u001f\u007f]/.test(text);
}

/** A key ends up in a log line. */
function shown(key: string): string {
  return key.replace(/[\u0000-\u001f\u007f]/g, '?').slice(0, 80);
}
