import { containerStatuses } from '@pv/contract/containers';
import { describe, expect, it } from 'vitest';
import { life, type LifeCell, lifeEvents } from '../src/life.ts';

const cells = containerStatuses.flatMap((status) => lifeEvents.map((event) => ({ status, event, cell: life[status][event] })));
const goes = (cell: LifeCell): cell is Extract<LifeCell, { kind: 'go' }> => cell.kind === 'go';
const running = ['STARTING', 'STARTED', 'READY', 'STOPPING'];

describe('every cell of the life table', () => {
  it.each(cells)('$status on $event leads to a status that exists, with a reason to be there', ({ status, event, cell }) => {
    expect(['go', 'ignore', 'refuse']).toContain(cell.kind);
    if (!goes(cell)) return;
    expect(containerStatuses).toContain(cell.next);
    // A process is never forgotten: who runs can only go on running, be stopping, or have ended.
    if (running.includes(status) && !running.includes(cell.next)) expect(['ended', 'start-failed']).toContain(event);
    // What a stopped container held is given back.
    if (cell.next === 'STOPPED' && ['INSTALLED', 'BLOCKED', 'MOUNTED', ...running].includes(status)) expect(cell.steps).toContain('unmount');
    // Only the user's word marks a container as stopped by the user.
    if (cell.steps.includes('mark-user-stopped') || cell.steps.includes('then-user-stopped')) expect(event).toBe('user-stop');
  });

  it('refuses only what the user asks for', () => {
    expect(new Set(cells.filter(({ cell }) => cell.kind === 'refuse').map(({ event }) => event))).toEqual(new Set(['user-start', 'user-restart']));
  });

  it('lets a stop of the user win in every status: nothing that follows can start the container', () => {
    for (const status of containerStatuses) {
      const cell = life[status]['user-stop'];
      expect(goes(cell)).toBe(true);
      if (!goes(cell)) continue;
      expect(['STOPPED', 'STOPPING']).toContain(cell.next);
      if (status === 'RECOVERING') expect(cell.steps).toContain('cancel-retry');
      for (const event of ['unblock', 'retry-due', 'mounted', 'launching'] as const) expect(life[cell.next][event].kind).toBe('ignore');
    }
  });

  it('reaches STOPPED from every status when the revision shuts down', () => {
    for (const status of containerStatuses) {
      const cell = life[status]['shut-down'];
      if (status === 'STOPPED') continue;
      expect(goes(cell) && ['STOPPED', 'STOPPING'].includes(cell.next)).toBe(true);
    }
  });
});
