import { describe, expect, it } from 'vitest';
import { parseOptions } from '../src/options.ts';

describe('the command line', () => {
  it('has defaults', () => {
    expect(parseOptions([], {})).toEqual({
      kind: 'run', options: { setupOnly: false, restartDelay: 5, exportsDir: '/usr/lib/pantavisor/pvtx.d', exportsRequired: false },
    });
  });

  it('wins over the environment; a directory that is named must be there', () => {
    expect(parseOptions(['--pvtx-dir', '/a', '-d', '0', '-m'], { PV_PVTXD: '/b' })).toEqual({
      kind: 'run', options: { setupOnly: true, restartDelay: 0, exportsDir: '/a', exportsRequired: true },
    });
    expect(parseOptions([], { PV_PVTXD: '/b' })).toMatchObject({ options: { exportsDir: '/b', exportsRequired: true } });
    expect(parseOptions([], { PV_PVTXD: '' })).toEqual(parseOptions([], {}));
  });

  it.each([
    [['-d', 'soon'], "-d 'soon' is not a number"], [['-d', '1.5'], "-d '1.5' is not a number"], [['-d'], 'argument missing'],
    [['--nope'], "Unknown option '--nope'"], [['surplus'], 'surplus'],
  ])('%j is wrong', (args, message) => {
    expect(parseOptions(args, {})).toMatchObject({ kind: 'wrong', message: expect.stringContaining(message) });
  });

  it('knows help and version', () => {
    expect([parseOptions(['-h'], {}).kind, parseOptions(['--version'], {}).kind]).toEqual(['help', 'version']);
  });
});
