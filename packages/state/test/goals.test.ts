import { containerStatuses } from '@pv/contract/containers';
import type { GroupName } from '@pv/contract/names';
import { describe, expect, it } from 'vitest';
import { goalResult, groupStatus, mayStart, type Member, worst } from '../src/goals.ts';

const member = (given: Partial<Member>): Member => ({ status: 'STARTED', goal: 'STARTED', group: 'app' as GroupName, excused: false, timedOut: false, ...given });

describe('goalResult', () => {
  it('counts a crashed or recovering container as not there yet', () => {
    for (const status of ['RECOVERING', 'STOPPED', 'STOPPING'] as const) expect(goalResult(member({ status }))).toBe('unachieved');
  });

  it('excuses what the user stopped, and gives up waiting after the time-out', () => {
    expect(goalResult(member({ status: 'STOPPED', excused: true }))).toBe('achieved');
    expect(goalResult(member({ status: 'RECOVERING', timedOut: true }))).toBe('timed-out');
  });

  it('wants READY when READY is the goal', () => {
    expect(containerStatuses.filter((status) => goalResult(member({ status, goal: 'READY' })) === 'achieved')).toEqual(['READY']);
    expect(containerStatuses.filter((status) => goalResult(member({ status })) === 'achieved')).toEqual(['STARTED', 'READY']);
  });
});

describe('groups', () => {
  const order = ['root', 'platform', 'app'] as GroupName[];

  it('start when every group before them is there or timed out', () => {
    const root = (given: Partial<Member>) => [member({ group: order[0] ?? ('' as GroupName), ...given })];
    expect(mayStart('app' as GroupName, order, root({ status: 'STARTING' }))).toBe(false);
    expect(mayStart('app' as GroupName, order, root({ status: 'STARTING', timedOut: true }))).toBe(true);
    expect(mayStart('root' as GroupName, order, root({ status: 'STARTING' }))).toBe(true);
    expect(mayStart('app' as GroupName, order, [])).toBe(true);
  });

  it('are READY only when all members are, and never when one crashed', () => {
    expect(groupStatus([member({}), member({})])).toBe('READY');
    expect(groupStatus([member({}), member({ status: 'STARTING' })])).toBe('STARTING');
    expect(groupStatus([member({ status: 'STARTING' }), member({ status: 'RECOVERING' })])).toBe('RECOVERING');
    expect(worst([])).toBe('READY');
  });
});
