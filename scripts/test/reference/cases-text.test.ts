import { describe, expect, it } from 'vitest';
import { caseTable, weaknessTable } from '../../reference/cases-text.ts';
import { meshCases } from '../../reference/mesh-cases.ts';

const whole = Object.keys(meshCases).map((number) => `test('${number} works', () => undefined);`).join('\n');
const tests = (text: string): Map<string, string> => new Map([['apps/a/test/b.test.ts', text]]);

describe('the table of cases', () => {
  it('has a line for each, with the files whose titles begin with its number', () => {
    const table = caseTable(new Map([...tests(whole), ['test/system/c.test.ts', '["7.2-3 7.2-4 a row", 1], [`7.2-3 ${x}`], // 7.2-5 no title']]));
    const line = (number: string): string => table.split('\n').find((text) => text.startsWith(`| ${number} |`)) ?? '';
    expect(line('7.2-3')).toMatch(/ \| \[a\/b\]\(\.\.\/\.\.\/apps\/a\/test\/b\.test\.ts\), \[test\/system\/c\]\(\.\.\/\.\.\/test\/system\/c\.test\.ts\) \|$/);
    expect([line('7.2-4').includes('system/c'), line('7.2-5').includes('system/c')]).toEqual([true, false]);
  });

  it('is not made when a case has no test, or a title an unknown number', () => {
    expect(() => caseTable(tests(whole.replace('7.2-20 ', '')))).toThrow('no test has a title that begins with 7.2-20');
    expect(() => caseTable(tests(`${whole}\ntest('7.2-99 what?', f)`))).toThrow('apps/a/test/b.test.ts: a title begins with 7.2-99, which is no case');
  });
});

describe('the table of weaknesses', () => {
  const weakness = { what: 'something is wrong', file: 'apps/a/test/b.test.ts', title: "nobody's fault" };

  it('links to a test that is there', () => {
    expect(weaknessTable([weakness], tests("test('nobody\\'s fault, nor anything else', f)"))).toContain("| something is wrong | [a/b](../../apps/a/test/b.test.ts): nobody's fault |");
  });

  it('is not made without it', () => {
    expect(() => weaknessTable([weakness], tests("test('fine', f)"))).toThrow("apps/a/test/b.test.ts: has no test whose title begins with: nobody's fault");
    expect(() => weaknessTable([{ ...weakness, file: 'nowhere.test.ts' }], tests(''))).toThrow('nowhere.test.ts: has no test');
  });
});
