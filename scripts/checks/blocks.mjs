// The code blocks of a Markdown document, and what a test is to do with those that hold commands. The marks: docs/overview/testing.md. Pure.

const mark = /^<!-- (?:run: (?<place>box|checkout|docker)|not run: (?<reason>\S.*?)) -->$/;

/**
 * The fenced blocks of a text, in order. `line`: of the fence, from 1. `mark`: what the comment right before says, `{ place }` or `{ reason }`.
 * `output`: the lines of a `text` block that follows directly.
 */
export function blocksOf(text) {
  const lines = text.split('\n');
  const blocks = [];
  for (let at = 0; at < lines.length; at++) {
    const fence = /^(?<indent> *)(?<ticks>```+)(?<language>\S*)/.exec(lines[at])?.groups;
    if (fence === undefined) continue;
    const end = lines.findIndex((line, index) => index > at && line.trim() === fence.ticks);
    const inside = lines.slice(at + 1, end === -1 ? lines.length : end).map((line) => (line.startsWith(fence.indent) ? line.slice(fence.indent.length) : line));
    const before = lines.slice(0, at).findLastIndex((line) => line.trim() !== '');
    const block = { language: fence.language, line: at + 1, lines: inside, mark: mark.exec(lines[before]?.trim() ?? '')?.groups, output: [] };
    const former = blocks.at(-1);
    if (former?.language === 'sh' && former.end === before && block.language === 'text') former.output = inside;
    blocks.push({ ...block, end });
    at = end === -1 ? lines.length : end;
  }
  return blocks;
}

/** The commands of a `sh` block: a line each, or more that end with a backslash. `exits`: the status that a note `# exits N` tells. */
export function commandsOf(lines) {
  const whole = lines.join('\n').replaceAll('\\\n', '\\\0').split('\n').map((line) => line.replaceAll('\0', '\n'));
  return whole.filter((line) => line.trim() !== '' && !line.trimStart().startsWith('#')).map((line) => ({ text: line, exits: Number(/#.*\bexits (\d+)/.exec(line)?.[1] ?? 0) }));
}

/** Of others, that our documents call. */
const tools = ['curl', 'sudo', 'setpriv', 'apt-get', 'apt', 'dpkg', 'docker', 'kas', 'bitbake', 'git'];

/** What is wrong with the blocks of a document: commands that no test can find, and those that nobody said what to do with. `programs`: names that begin a command. */
export function blockProblems(path, text, programs) {
  return [...blocksOf(text).flatMap((block) => fencedProblems(block).map((problem) => `${path}:${block.line}: ${problem}`)), ...hiddenCommands(text, programs).map((line) => `${path}:${line}: a command in an indented block; put it into a block of sh`)];
}

function fencedProblems({ language, lines, mark, end }) {
  const prompt = lines.some((line) => /^\s*\$ /.test(line)) ? ['a prompt; put commands into a block of sh, without "$", and output into one of text'] : [];
  if (end === -1) return ['a block without an end'];
  if (language === '') return ['a block without a language: sh for commands, text for output'];
  if (/^(?:bash|shell|console)$/.test(language)) return ['commands stand in blocks of sh'];
  if (language !== 'sh') return [...prompt, ...(mark === undefined ? [] : ['a mark in front of a block that is not sh'])];
  return [...prompt, ...(mark === undefined ? ['no mark: <!-- run: box -->, <!-- run: checkout -->, <!-- run: docker --> or <!-- not run: why -->'] : [])];
}

/** Lines, from 1, of blocks by indentation. */
function hiddenCommands(text, programs) {
  const fenced = new Set(blocksOf(text).flatMap(({ line, lines }) => lines.map((_, index) => line + index + 1)));
  const command = new RegExp(`^(?: {4}|\\t)\\s*(?:\\$ |(?:[A-Z_]+=\\S* )*(?:${[...programs, 'npm', 'npx', ...tools].join('|')})(?: |$))`);
  return text.split('\n').flatMap((line, index) => (command.test(line) && !fenced.has(index + 1) ? [index + 1] : []));
}
