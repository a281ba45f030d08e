import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { tempRoot } from '@pv/testkit/temp-root';
import { waitFor } from '@pv/testkit/wait-for';
import type { ContainerName } from '@pv/contract/names';
import { afterAll, describe, expect, test } from 'vitest';
import { conformanceCases, type Harness } from '../src/conformance.ts';
import { shellScript } from '../src/behaviour.ts';
import type { StartSpec } from '../src/engine.ts';
import { createFakeEngine } from '../src/fake.ts';

describe('the fake, as any engine', () => {
  const temp = tempRoot('pv-fake');
  const specs: StartSpec[] = [];
  const scripted = (script: string): StartSpec => {
    const spec = makeSpec(join(temp.path, String(specs.length)), script);
    specs.push(spec);
    return spec;
  };
  const harness: Harness = {
    engine: createFakeEngine(),
    another: () => createFakeEngine(),
    hearsSignals: true,
    behaving: (behaviour) => scripted(shellScript(behaviour)),
    cue: (_spec, { init }) => void process.kill(init.pid, 'SIGUSR1'),
    consoleOf: ({ logs }) => (existsSync(logs.console) ? readFileSync(logs.console, 'utf8') : ''),
    killMonitor: ({ stateDir }) => void process.kill(Number(readFileSync(join(stateDir, 'monitor.pid'), 'utf8')), 'SIGKILL'),
    remains: ({ stateDir }) => processesIn(stateDir),
    waitFor: async (check, what) => void (await waitFor(check, { what })),
  };
  afterAll(async () => {
    for (const spec of specs) await harness.engine.sweep(spec);
    temp.remove();
  });

  for (const { title, run } of conformanceCases) test(title, () => run(harness));

  test('a configuration it refuses, with the line', () => {
    expect(harness.engine.check({ config: { path: 'a/conf', text: 'ok\nrefuse this' } })).toEqual(['a/conf:2: refuse: is refused']);
  });

  test('a start that cannot be made', async () => {
    const spec = scripted('exit 0');
    expect(await harness.engine.start({ ...spec, stateDir: `${spec.stateDir}/missing` })).toMatchObject({ kind: 'failed' });
  });
});

function makeSpec(root: string, script: string): StartSpec {
  for (const directory of ['state', 'logs']) mkdirSync(join(root, directory), { recursive: true });
  return {
    name: `fake-${root.split('/').at(-1)}` as ContainerName, group: null, config: { path: 'conf', text: script }, rootfs: { lower: [], writable: root },
    volumesDir: root, mounts: [], environment: {}, logs: { console: join(root, 'logs/console'), engine: join(root, 'logs/engine') }, stateDir: join(root, 'state'),
  };
}

/** Monitor and init work in the state directory, and their children with them. */
function processesIn(directory: string): string[] {
  return readdirSync('/proc').filter((pid) => /^\d+$/.test(pid)).filter((pid) => {
    try {
      return readlinkSync(`/proc/${pid}/cwd`) === directory;
    } catch {
      return false;
    }
  });
}
