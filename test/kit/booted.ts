/** A booted box for all tests of a file, and what they ask of it. */
import type { Container } from '@pv/contract/containers';
import type { Daemon } from '@pv/contract/daemons';
import { type Appengine, bootAppengine, type BootOptions } from '@pv/testkit/box/appengine';
import type { Box } from '@pv/testkit/box/box';
import { startBox } from '@pv/testkit/box/start-box';
import { waitFor } from '@pv/testkit/wait-for';
import { afterAll, beforeAll } from 'vitest';

export const run = '/run/pantavisor/pv';

export interface Booted {
  box: Box;
  appengine: Appengine;
  /** Status code and body, through curl on pv-ctrl's socket. */
  http(method: string, path: string, body?: string): Promise<{ status: number; text: string }>;
  container(name: string): Promise<Container>;
  daemon(name: string): Promise<Daemon>;
  /** Waits until the container is as wanted. */
  until(name: string, wanted: (container: Container) => boolean, timeoutMs?: number): Promise<Container>;
  /** `engine`: lxc when not given. */
  console(name: string, engine?: string): Promise<string>;
}

/** `options` is asked when the box is there. */
export function useBooted(options: (box: Box) => Promise<BootOptions>): Booted {
  const booted: Partial<Booted> = {};
  beforeAll(async () => {
    const box = await startBox();
    Object.assign(booted, { box, ...helpers(box) });
    booted.appengine = await bootAppengine(box, await options(box));
    await waitForApi(box);
  });
  afterAll(() => booted.box?.stop());
  return booted as Booted;
}

export async function waitForApi(box: Box): Promise<void> {
  await waitFor(async () => (await box.pvcontrol('ls')).code === 0, { what: 'an answer of the API', detail: () => box.log() ?? 'no pantavisor.log' });
}

export function helpers(box: Box): Omit<Booted, 'appengine' | 'box'> {
  const container = async (name: string): Promise<Container> => {
    const found = (await box.containers()).find((one) => one.name === name);
    if (found === undefined) throw new Error(`no container ${name}`);
    return found;
  };
  return {
    http: async (method, path, body) => {
      const data = body === undefined ? [] : ['--data-binary', body];
      const { code, stdout, stderr } = await box.exec(['curl', '-sS', '--max-time', '20', '-X', method, ...data, '-w', '\n%{http_code}', '--unix-socket', `${run}/pv-ctrl`, `http://localhost${path}`]);
      if (code !== 0) throw new Error(`curl: ${code} ${stderr}`);
      const split = stdout.lastIndexOf('\n');
      return { status: Number(stdout.slice(split + 1)), text: stdout.slice(0, split) };
    },
    container,
    daemon: async (name) => {
      const { stdout } = await box.pvcontrol('daemons', 'ls');
      const found = (JSON.parse(stdout) as Daemon[]).find((one) => one.name === name);
      if (found === undefined) throw new Error(`no daemon ${name}`);
      return found;
    },
    until: (name, wanted, timeoutMs = 20_000) =>
      waitFor(async () => {
        const found = await container(name);
        return wanted(found) ? found : undefined;
      }, { what: `the wanted state of ${name}`, timeoutMs, detail: async () => `${JSON.stringify(await container(name))}\n${box.log() ?? ''}` }),
    console: async (name, engine = 'lxc') => (await box.read(`${run}/logs/0/${name}/${engine}/console.log`)) ?? '',
  };
}
