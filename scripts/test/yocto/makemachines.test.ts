import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { project } from '@pv/testkit/box/project';
import { expect, it, onTestFinished } from 'vitest';
import { makeMachines } from '../../kas/make.ts';
import { staleness } from '../../kas/machines.ts';

/** The rules around kas; that kas resolves what it is given, it says itself. `cat` and `false` are what it could be. */
function root(machines: readonly object[]): string {
  const path = mkdtempSync(join(tmpdir(), 'pv-kas-'));
  onTestFinished(() => rmSync(path, { recursive: true }));
  mkdirSync(join(path, 'kas'));
  cpSync(join(project, 'kas/Kconfig'), join(path, 'kas/Kconfig'));
  writeFileSync(join(path, 'kas/a.yaml'), 'machine: a\n');
  writeFileSync(join(path, 'kas/machines.json'), JSON.stringify({ yocto_branch: 'scarthgap', machines }));
  return path;
}

const make = (path: string, kas: string[]): string[] => makeMachines({ root: path, kas, say: () => undefined });
const dumps = ['sh', '-c', 'shift 2; printf "# %s\\n" "$*"', 'kas', '--'];
const names = (path: string): string[] => readdirSync(join(path, 'kas/release')).sort();

it('writes one file per machine, and what it says is fresh until an input changes', () => {
  const path = root([{ name: 'a', config: 'kas/a.yaml' }, { name: 'b', config: 'kas/a.yaml', output: 'other.yaml' }]);
  expect(staleness(path)).toEqual(['kas/release/a-scarthgap.yaml: is missing; run kas/makemachines', 'kas/release/other.yaml: is missing; run kas/makemachines']);
  expect(make(path, dumps)).toEqual([]);
  expect(names(path)).toEqual(['a-scarthgap.yaml', 'other.yaml']);
  expect(readFileSync(join(path, 'kas/release/a-scarthgap.yaml'), 'utf8')).toMatch(/# --resolve-refs kas\/a\.yaml\n$/);
  expect(staleness(path)).toEqual([]);
  for (const input of ['kas/Kconfig', 'kas/a.yaml']) {
    writeFileSync(join(path, input), '# another\n');
    expect(staleness(path)).toHaveLength(2);
    make(path, dumps);
    expect(staleness(path)).toEqual([]);
  }
});

it('a target of its own is one more configuration, which does not stay', () => {
  const path = root([{ name: 'a', config: 'kas/a.yaml', build_target: 'pvcontrol' }]);
  make(path, ['sh', '-c', 'tail -n 1 "${4##*:}"', 'kas', '--']);
  expect(readFileSync(join(path, 'kas/release/a-scarthgap.yaml'), 'utf8')).toMatch(/\{"header":\{"version":16\},"target":"pvcontrol"\}$/);
  expect(names(path)).toEqual(['a-scarthgap.yaml']);
});

it('removes the file of a machine that is gone', () => {
  const path = root([{ name: 'a', config: 'kas/a.yaml' }]);
  make(path, dumps);
  writeFileSync(join(path, 'kas/release/gone-scarthgap.yaml'), '');
  expect(staleness(path)).toEqual(['kas/release/gone-scarthgap.yaml: no machine of kas/machines.json has it']);
  make(path, dumps);
  expect(names(path)).toEqual(['a-scarthgap.yaml']);
});

it.each([[['sh', '-c', 'echo half; echo no such branch >&2; exit 1'], 'no such branch'], [['/no/such/kas'], 'there is no /no/such/kas; install kas']])('a dump that fails leaves the file that was there: %j', (kas, reason) => {
  const path = root([{ name: 'a', config: 'kas/a.yaml' }]);
  make(path, dumps);
  const before = readFileSync(join(path, 'kas/release/a-scarthgap.yaml'), 'utf8');
  expect(make(path, kas)).toEqual([expect.stringMatching(new RegExp(`^kas/release/a-scarthgap\\.yaml: stays as it was: .*${reason}`, 's'))]);
  expect(readFileSync(join(path, 'kas/release/a-scarthgap.yaml'), 'utf8')).toBe(before);
  expect(names(path)).toEqual(['a-scarthgap.yaml']);
});

it.each([
  ['what is not JSON', '{', ['kas/machines.json: not JSON: ']],
  ['no list', '{"yocto_branch":"scarthgap"}', ["kas/machines.json: $: must have required property 'machines'"]],
  ['a machine without configurations, with a key that there is not', '{"yocto_branch":"scarthgap","machines":[{"name":"a","configs":"x"}]}', ["kas/machines.json: $.machines.0: must have required property 'config'", 'kas/machines.json: $.machines.0: must NOT have additional properties (configs)']],
  ['a file elsewhere', '{"yocto_branch":"scarthgap","machines":[{"name":"a","config":"x","output":"../a.yaml"}]}', ['kas/machines.json: $.machines.0.output: must match pattern']],
  ['two of one name', '{"yocto_branch":"scarthgap","machines":[{"name":"a","config":"x"},{"name":"a","config":"y"}]}', ['kas/machines.json: $.machines: two of them would be written to a-scarthgap.yaml']],
])('a list with %s is refused, and nothing is written', (_, text, messages) => {
  const path = root([]);
  writeFileSync(join(path, 'kas/machines.json'), text);
  for (const message of messages) expect(() => make(path, dumps)).toThrow(message);
  expect(readdirSync(join(path, 'kas'))).not.toContain('release');
});
