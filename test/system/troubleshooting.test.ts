/** The symptoms that users know from other builds, on a booted device: each gives the message that docs/overview/troubleshooting.md names, or cannot happen. */
import { exampleExports } from '@pv/testkit/example-exports';
import type { CommandResult } from '@pv/testkit/box/command';
import { program } from '@pv/testkit/box/project';
import { waitFor } from '@pv/testkit/wait-for';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { run, useBooted } from '../kit/booted.ts';
import { customExport } from '../kit/custom-export.ts';

const idle = 'trap "exit 0" TERM PWR INT; while :; do sleep 1 & wait $!; done';
const offers = (name: string) => ({ services: [{ name, type: 'unix', socket: `/run/${name}.sock` }] });
const needs = (name: string) => ({ name, target: `/run/pv/services/${name}.sock` });

const device = useBooted(async ({ dir }) => {
  const exports = await exampleExports();
  const make = (custom: Parameters<typeof customExport>[1]) => customExport(join(dir, 'custom'), { programs: ['/usr/bin/socat'], ...custom });
  return {
    exports: [
      exports.path('pv-example-unix-client'), exports.path('pv-example-unix-server'),
      // Reads the request to its end, takes its time, then answers.
      await make({ name: 'counter', args: { PV_GROUP: 'app' }, services: offers('count'), script: 'exec socat -t 20 UNIX-LISTEN:/run/count.sock,fork,mode=0666 SYSTEM:"cat >/tmp/all; sleep 1; wc -c </tmp/all"' }),
      await make({ name: 'deaf', args: { PV_GROUP: 'app' }, services: offers('silence'), script: idle }),
      await make({ name: 'asker', args: { PV_GROUP: 'app', PV_RESTART_POLICY: 'container', PV_SERVICES_REQUIRED: [needs('count'), needs('silence')], PV_SERVICES_OPTIONAL: [needs('luxury')] }, script: idle }),
    ],
  };
});

interface Link {
  readonly consumer: string;
  readonly name: string;
  readonly interface: unknown;
  readonly target: string;
  readonly consumer_pid: number;
}

const links = async () => JSON.parse((await device.http('GET', '/xconnect-graph')).text) as Link[];
const established = (service: string) => waitFor(async () => {
  const { status, text } = await device.http('GET', '/xconnect-status');
  return status === 200 && (JSON.parse(text) as { name: string; state: string }[]).some(({ name, state }) => name === service && state === 'established');
}, { what: `the link ${service}`, detail: () => device.box.log() ?? '' });
const ask = (service: string): Promise<CommandResult> => device.box.exec(['lxc-attach', '-n', 'asker', '--', 'sh', '-c', `echo hello | socat -t 20 - UNIX-CONNECT:/run/pv/services/${service}.sock`]);
const why = async (service: string) => {
  const { code, stdout } = await device.box.pvcontrol('graph', 'why', 'asker', service);
  return { code, checks: (JSON.parse(stdout) as { checks: { verdict: string; text: string; hint?: string }[] }).checks };
};

describe('API calls that hang (no Host header)', () => {
  const raw = (head: string): Promise<CommandResult> => device.box.exec(['socat', '-t', '20', '-', `UNIX-CONNECT:${run}/pv-ctrl`], { input: head });

  it.each(['GET /groups HTTP/1.0\r\n\r\n', 'GET /groups HTTP/1.1\r\nConnection: close\r\n\r\n', 'GET /groups HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n'])('%j is answered', async (head) => {
    expect((await raw(head)).stdout).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*"name":"root"/);
  });

  it('another host is told what to do', async () => {
    expect((await raw('GET /groups HTTP/1.1\r\nHost: example.com\r\n\r\n')).stdout).toMatch(/^HTTP\/1\.1 400 [^]*Host header must be missing, empty or localhost.*Use http:\/\/localhost\/\.\.\. as the URL\./);
  });
});

describe('"socket not found" in a client', () => {
  it('of a service that nobody offers: why says so', async () => {
    const { code, checks } = await why('luxury');
    expect(code).toBe(1);
    expect(checks.at(-1)).toEqual({ check: 'provider', verdict: 'no', text: 'no container offers luxury', hint: 'Install a container whose services.json exports it' });
  });

  it('of a service that it does not ask for: why says what to add', async () => {
    expect((await why('raw-unix')).checks).toContainEqual({ check: 'requirement', verdict: 'no', text: expect.stringContaining('asker does not require raw-unix'), hint: expect.stringContaining('services.required of asker/run.json') });
  });
});

describe('no output of pv-xconnect', () => {
  it('each line comes when it is said, through a pipe too', async () => {
    await device.box.pvcontrol('daemons', 'stop', 'pv-xconnect');
    await waitFor(() => device.box.pidsOf('pv-xconnect').length === 0, { what: 'the end of the managed one' });
    const byHand = await device.box.background([program('pv-xconnect')]);
    onTestFinished(async () => {
      process.kill(byHand.hostPid, 'SIGTERM');
      await byHand.ended;
      await device.box.pvcontrol('daemons', 'start', 'pv-xconnect');
    });
    await waitFor(() => ['pv-xconnect starting...\n', 'Connected to pv-ctrl\n', 'Link established: asker/count\n'].every((line) => byHand.output().includes(line)), { what: 'the lines, while it runs', detail: byHand.output });
  });
});

describe('interface: null in the graph', () => {
  it('a link always has one: the target, where the manifest names none', async () => {
    for (const link of await links()) expect(link).toMatchObject({ interface: link.target, target: expect.stringMatching(/^\//) });
  });
});

describe('"could not connect to provider socket"', () => {
  it('says for whom, and why, and the client gets an end instead of silence', async () => {
    await established('silence');
    expect(await ask('silence')).toMatchObject({ stdout: '' });
    await device.appengine.waitForLog('Could not connect to provider socket /run/silence.sock for asker/silence: No such file or directory');
  });
});

describe('"broken pipe" between containers', () => {
  it('a client that has said all gets its answer, however late', async () => {
    await established('count');
    expect(await ask('count')).toEqual({ code: 0, stdout: '6\n', stderr: '' });
  });
});

describe('consumer_pid: 0', () => {
  it('means that it does not run, and why says what to do', async () => {
    const waiting = 'Link waiting: asker/count: container asker does not run';
    // At boot it may have been so too, or not.
    const before = (device.box.log() ?? '').split(waiting).length - 1;
    await device.box.pvcontrol('containers', 'stop', 'asker');
    onTestFinished(() => device.box.pvcontrol('containers', 'start', 'asker').then(() => undefined));
    await device.until('asker', ({ status }) => status === 'STOPPED');
    expect((await links()).filter(({ consumer }) => consumer === 'asker').map(({ consumer_pid }) => consumer_pid)).toEqual([0, 0]);
    expect((await why('count')).checks).toContainEqual({ check: 'running', verdict: 'no', text: 'asker does not run: it is STOPPED', hint: 'Start it with: pvcontrol containers start asker' });
    await device.appengine.waitForLog(waiting, before + 1);
  });
});
