import { conformanceCases } from '@pv/engine/conformance';
import { confinementCases } from '@pv/engine/conformance-limits';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { lxcHarness, type LxcHarness } from './kit/lxc-harness.ts';

describe('LXC, as any engine', () => {
  const held: { harness?: LxcHarness } = {};
  beforeAll(() => {
    held.harness = lxcHarness('conf');
  });
  afterAll(() => held.harness?.close());

  for (const { title, run } of [...conformanceCases, ...confinementCases]) {
    // A hundred restarts on a busy machine.
    test(title, { timeout: 300_000 }, async () => {
      if (held.harness === undefined) throw new Error('no harness');
      await run(held.harness);
    });
  }
});
