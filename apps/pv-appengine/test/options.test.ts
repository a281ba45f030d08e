import { describe, expect, it } from 'vitest';
import { parseOptions } from '../src/options.ts';

describe('the command line', () => {
  it('has defaults', () => {
    expect(parseOptions([], {}, '/lib/pv-appengine.mjs')).toEqual({
      kind: 'run', options: { setupOnly: false, restartDelay: 5, exportsDir: '/usr/lib/pantavisor/pvtx.d', core: '/lib/pv-core.mjs' },
    });
  });

  it('wins over the environment', () => {
    expect(parseOptions(['--pvtx-dir', '/a', '-d', '0', '-m'], { PV_PVTXD: '/b', PV_CORE: '/c' }, '/x')).toMatchObject({ options: { setupOnly: true, restartDelay: 0, exportsDir: '/a', core: '/c' } });
    expect(parseOptions([], { PV_PVTXD: '/b' }, '/x')).toMatchObject({ options: { exportsDir: '/b' } });
  });

  it.each([[['-d', 'soon'], "-d 'soon' is not a number"], [['--nope'], "Unknown option '--nope'"], [['surplus'], 'surplus']])('%j is wrong', (args, message) => {
    expect(parseOptions(args, {}, '/x')).toMatchObject({ kind: 'wrong', message: expect.stringContaining(message) });
  });

  it('knows help and version', () => {
    expect([parseOptions(['-h'], {}, '/x').kind, parseOptions(['--version'], {}, '/x').kind]).toEqual(['help', 'version']);
  });
});
