/** Names and roles that want to be more than a word: refused with file and path, wherever they stand. */
import type { RevisionName } from '@pv/contract/names';
import { describe, expect, it } from 'vitest';
import { problemText } from '../src/problem.ts';
import { parseRevision } from '../src/revision.ts';

const sha = 'a'.repeat(64);
const hostile: readonly (readonly [string, string])[] = [
  ['CR and LF', 'web\r\nX-PV-Role: root'], ['LF', 'web\nroot'], ['a quote', 'web"'], ['an apostrophe', "web'"], ['UTF-8', 'wéb'], ['a look-alike', 'wеb'],
  ['10 kB', 'w'.repeat(10_000)], ['NUL', 'web\0'], ['a space', 'web root'], ['nothing', ''], ['a tab', 'web\t'], ['a colon', 'web:0'],
];

function problemsOf(name: string, run: object, services?: object): string {
  const state = {
    '#spec': 'pantavisor-service-system@1',
    [`${name}/run.json`]: { name, type: 'lxc', config: 'lxc.container.conf', 'root-volume': 'root.squashfs', group: 'app', ...run },
    [`${name}/lxc.container.conf`]: sha, [`${name}/root.squashfs`]: sha,
    ...(services === undefined ? {} : { [`${name}/services.json`]: services }),
  };
  const result = parseRevision({ name: '0' as RevisionName, text: JSON.stringify(state), goalsTimeout: 30 });
  return result.kind === 'invalid' ? result.problems.map(problemText).join('\n') : '';
}

const service = (more: object): object => ({ services: [{ name: 'raw', type: 'unix', socket: '/s', ...more }] });

describe.each(hostile)('7.2-5 %s', (_what, text) => {
  it('in the name of a container', () => expect(problemsOf(text, {})).toMatch(/is not a container name|is not a relative, normalised path/));
  it('as the provider of a requirement', () => expect(problemsOf('web', { services: [{ name: 'raw', provider: text, target: '/t' }] })).toContain('web/run.json: $.services[0].provider: is not a container name'));
  it('as the role of a requirement', () => expect(problemsOf('web', { services: [{ name: 'raw', role: text, target: '/t' }] })).toContain('web/run.json: $.services[0].role: is not a role'));
  it('as a role that a provider accepts', () => expect(problemsOf('web', {}, service({ roles: [text] }))).toContain('web/services.json: $.services[0].roles[0]: is not a role'));
  it('as a consumer that a provider accepts', () => expect(problemsOf('web', {}, service({ consumers: [text] }))).toContain('web/services.json: $.services[0].consumers[0]: is not a container name'));
  it('as the role of a rule', () => expect(problemsOf('web', {}, service({ type: 'rest', allow: [{ roles: [text] }] }))).toContain('web/services.json: $.services[0].allow[0].roles[0]: is not a role'));
  it('as the name of a service', () => expect(problemsOf('web', {}, service({ name: text }))).toContain('web/services.json: $.services[0].name: is not a service name'));
});
