import { describe, expect, it } from 'vitest';
import { summary } from '../testing/summary.mjs';
import { count } from '../testing/vitest-report.mjs';

const file = (status, ...states) => ({ name: 'a.test.ts', status, message: '', assertionResults: states.map((state) => ({ status: state, fullName: 'a title' })) });
const all = (status, ...testResults) => count({ status, report: { testResults }, filtered: false });
const counts = ({ passed, failed, skipped }) => ({ passed, failed, skipped });
const counted = (...args) => counts(all(...args));

describe('the count of a vitest run', () => {
  it('adds up all files', () => {
    expect(counted(1, file('passed', 'passed', 'passed'), file('failed', 'passed', 'failed'))).toEqual({ passed: 3, failed: 1, skipped: 0 });
  });

  it('counts a file that cannot be loaded, a fault outside of tests, and a run without a report', () => {
    expect(counted(1, file('failed'), file('passed', 'passed'))).toEqual({ passed: 1, failed: 1, skipped: 0 });
    expect(counted(1, file('passed', 'passed'))).toEqual({ passed: 1, failed: 1, skipped: 0 });
    expect(counts(count({ status: 0, report: undefined, filtered: false }))).toEqual({ passed: 0, failed: 1, skipped: 0 });
  });

  it('sees every way not to run a test, unless a pattern left it out', () => {
    const report = { testResults: [file('passed', 'passed', 'skipped', 'pending', 'todo', 'disabled')] };
    expect(counts(count({ status: 0, report, filtered: false }))).toEqual({ passed: 1, failed: 0, skipped: 4 });
    expect(counts(count({ status: 0, report, filtered: true }))).toEqual({ passed: 1, failed: 0, skipped: 0 });
  });

  it('tells of each failure its file, title and the head of its error', () => {
    const test = { status: 'failed', fullName: 'adds', failureMessages: ['AssertionError: expected 1 to be 2\n    at a.test.ts:3'] };
    expect(all(1, { name: 'a.test.ts', status: 'failed', message: '', assertionResults: [test] }).failures).toEqual(['a.test.ts: adds\n    AssertionError: expected 1 to be 2\n        at a.test.ts:3']);
    expect(all(1, { name: 'b.test.ts', status: 'failed', message: 'SyntaxError: x', assertionResults: [] }).failures).toEqual(['b.test.ts: outside of its tests\n    SyntaxError: x']);
    expect(all(1, { name: 'c.test.ts', status: 'failed', message: 'EBUSY', assertionResults: [{ status: 'passed' }, test] }).failures).toHaveLength(2);
    expect(all(1, file('passed', 'passed')).failures).toEqual(["a fault outside of every test: vitest's exit status is 1"]);
    expect(all(0, file('passed', 'passed')).failures).toEqual([]);
  });
});

describe('the summary', () => {
  const result = (counts) => ({ name: 'unit', seconds: 1.25, passed: 0, failed: 0, skipped: 0, ...counts });
  const end = (...results) => {
    const { lines, ok } = summary(results.map(result));
    return { last: lines.at(-1), ok };
  };

  it('ends with the line that machines read', () => {
    expect(end({ passed: 3 }, { passed: 1 })).toEqual({ last: '4 passed, 0 failed', ok: true });
    expect(end({ passed: 3, failed: 2 })).toEqual({ last: '3 passed, 2 failed', ok: false });
  });

  it('takes a skipped test, and a run of nothing, for a failure', () => {
    expect(end({ passed: 3, skipped: 2 })).toEqual({ last: '3 passed, 2 failed', ok: false });
    expect(end({})).toEqual({ last: '0 passed, 0 failed', ok: false });
  });

  it('says each failure again, before the stages', () => {
    const { lines } = summary([result({ failed: 1, failures: ['a.test.ts: adds'] })]);
    expect(lines.slice(0, 4)).toEqual(['', '  FAILED in unit: a.test.ts: adds', '', '  unit  0 passed, 1 FAILED (1.3 s)']);
  });

  it('shows each stage', () => {
    expect(summary([result({ passed: 3, failed: 1 })]).lines).toContain('  unit  3 passed, 1 FAILED (1.3 s)');
  });
});
