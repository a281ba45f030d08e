/** Every command of README.md and docs/ that is not marked otherwise, run as it stands there (docs/overview/testing.md). */
import { exampleExports } from '@pv/testkit/example-exports';
import type { Box } from '@pv/testkit/box/box';
import { startBox } from '@pv/testkit/box/start-box';
import { waitFor } from '@pv/testkit/wait-for';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commandBlocks, type CommandBlock } from '../../scripts/checks/documents.mjs';
import { useBooted } from '../kit/booted.ts';
import { clientInside } from '../kit/inside.ts';
import { missingLine, type } from '../kit/typed.ts';

const blocks = (place: CommandBlock['place']): [title: string, block: CommandBlock][] =>
  commandBlocks().filter((block) => block.place === place).map((block) => [`${block.path}:${block.line}`, block]);

async function works(box: Box, { commands, output }: CommandBlock): Promise<void> {
  const typed = await type(box, commands);
  expect(typed.code, typed.output).toBe(0);
  expect(missingLine(typed.output, output), typed.output).toBeUndefined();
}

describe('in the project\'s folder', () => {
  const made: { box?: Box } = {};
  beforeAll(async () => void (made.box = await startBox()));
  afterAll(() => made.box?.stop());

  it.each(blocks('checkout'))('%s', (_, block) => works(made.box ?? expect.fail('there is no box'), block));
});

describe('where the examples run', () => {
  const device = useBooted(async () => {
    const { dir } = await exampleExports();
    return { exports: readdirSync(dir).map((name) => join(dir, name)) };
  });

  /** The last of the examples to have something to say. */
  beforeAll(() => waitFor(async () => (await device.console('pv-example-dbus-server')).includes('GetInfo for'), { what: 'a call over D-Bus', timeoutMs: 60_000 }));

  /** What documents stop and restart, they do to the unix example and to the mesh: this link is back last. */
  async function settled(): Promise<void> {
    await waitFor(async () => {
      const links = await clientInside(device.box).call('getLinkStatus');
      return links.kind === 'ok' && links.value.some(({ consumer, state }) => consumer === 'pv-example-unix-client' && state === 'established');
    }, { what: 'the link of the unix example', timeoutMs: 30_000, detail: async () => (await device.box.pvcontrol('graph', 'show')).stdout });
  }

  it.each(blocks('box'))('%s', async (_, block) => {
    await settled();
    await works(device.box, block);
  });
});
