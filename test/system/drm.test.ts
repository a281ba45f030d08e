/** The drm examples on the real boot, with /dev/null and /dev/zero in the place of a card and a render node that few machines have. */
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { LinkStatus } from '@pv/contract/graph';
import { buildExamples } from '@pv/examples/build';
import { program } from '@pv/testkit/box/project';
import { waitFor } from '@pv/testkit/wait-for';
import { expect, test } from 'vitest';
import { useBooted } from '../kit/booted.ts';

const [provider, master, render] = ['pv-example-drm-provider', 'pv-example-drm-master', 'pv-example-drm-render'];

const booted = useBooted(async (box) => {
  const out = join(box.dir, 'drm-exports');
  mkdirSync(out);
  const exports = await buildExamples({ out, names: [provider, master, render] });
  return { exports, env: { PV_XCONNECT_TEST_DEVICES: '1:3,1:5' } };
});

/** A device node in a container, as its own configuration would have brought it. */
async function give(container: string, path: string, numbers: readonly string[]): Promise<void> {
  const { pid } = await booted.until(container, ({ status }) => status === 'STARTED');
  const inside = `/proc/${booted.box.hostPid(pid) ?? ''}/root${path}`;
  mkdirSync(join(inside, '..'), { recursive: true });
  execFileSync('mknod', ['-m', '0666', inside, 'c', ...numbers]);
}

async function says(container: string, text: string): Promise<void> {
  await waitFor(async () => (await booted.console(container)).includes(text), { what: `${container} saying ${text}`, timeoutMs: 60_000, detail: async () => `${await booted.console(container)}\n${booted.box.log() ?? ''}` });
}

async function link(consumer: string): Promise<LinkStatus> {
  const { text } = await booted.http('GET', '/xconnect-status');
  const found = (JSON.parse(text) as LinkStatus[]).find((one) => one.consumer === consumer);
  if (found === undefined) throw new Error(text);
  return found;
}

test('the consumers wait for devices that the provider does not have, and the links say so', async () => {
  await says(master, 'DRM Master Container starting...');
  await says(master, 'Waiting for /dev/dri/card0... (attempt 1/300)...');
  await waitFor(async () => (await link(master)).reason === '/dev/dri/card0 of the provider: No such file or directory', { what: 'the reason', detail: async () => JSON.stringify(await link(master)) });
});

test('7.1-4 they have the devices as soon as the provider has them, and can open them', async () => {
  await give(provider, '/dev/dri/card0', ['1', '3']);
  await give(provider, '/dev/dri/renderD128', ['1', '5']);
  for (const [name, device] of [[master, 'card0'], [render, 'renderD128']] as const) {
    await says(name, `SUCCESS: Found /dev/dri/${device}`);
    await says(name, 'Container alive, sleeping...');
    expect((await link(name)).state).toBe('established');
  }
  const { code, stdout, stderr } = await booted.box.exec([program('pventer'), '-c', render, '/bin/sh', '-c', 'dd if=/dev/dri/renderD128 bs=4 count=1 2>/dev/null | wc -c']);
  expect([code, stdout.trim(), stderr]).toEqual([0, '4', '']);
});

test('the log says that devices for tests are allowed', () => {
  expect(booted.box.log()).toContain('PV_XCONNECT_TEST_DEVICES is set: containers may be given the devices 1:3, 1:5. It is for tests.');
});
