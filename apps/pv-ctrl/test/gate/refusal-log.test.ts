import { expect, test } from 'vitest';
import { createRefusalLog, type Refusal } from '../../src/gate/refusal-log.ts';

function logged() {
  const lines: string[] = [];
  const timers: { seconds: number; then: () => void }[] = [];
  const clock = { now: () => 0, after: (seconds: number, then: () => void) => (timers.push({ seconds, then }), () => undefined) };
  const log = createRefusalLog(clock, (line) => lines.push(line));
  const pass = (): void => timers.splice(0).forEach(({ then }) => then());
  return { lines, log, pass };
}
const refusal = (more: Partial<Refusal> = {}): Refusal => ({ caller: 'app', method: 'GET', target: '/containers', code: 'not-mgmt', ...more });

test('one line per refusal', () => {
  const { lines, log } = logged();
  log(refusal());
  log(refusal({ method: undefined, target: undefined, code: 'bad-request' }));
  expect(lines).toEqual(['refused: caller=app method=GET path=/containers code=not-mgmt', 'refused: caller=app method=- path=- code=bad-request']);
});

test('a path is shown bounded and without control characters', () => {
  const { lines, log } = logged();
  log(refusal({ target: `/\u001b[2J\n\u0085${'x'.repeat(500)}` }));
  expect(lines[0]).toMatch(/^refused: caller=app method=GET path=\/\\x1b\[2J\\x0a\\x85x{1,120} code=not-mgmt$/);
});

test('a flood of one caller is a few lines and a count, and hides nobody else', () => {
  const { lines, log, pass } = logged();
  for (let count = 0; count < 1000; count += 1) log(refusal());
  log(refusal({ caller: 'other' }));
  pass();
  log(refusal());
  const own = lines.filter((line) => line.includes('caller=app'));
  expect(own.length).toBe(12);
  expect(own[10]).toBe('refused: caller=app and 990 more in 10 s');
  expect(lines.filter((line) => line.includes('caller=other')).length).toBe(1);
});

test('a few refusals leave no count behind', () => {
  const { lines, log, pass } = logged();
  log(refusal());
  pass();
  expect(lines.length).toBe(1);
});
