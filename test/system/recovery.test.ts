/** Auto-recovery on real containers: the examples' own policies, and small ones that need no waiting. */
import { join } from 'node:path';
import { exampleExports } from '@pv/testkit/example-exports';
import { describe, expect, it } from 'vitest';
import { useBooted } from '../kit/booted.ts';
import { customExport } from '../kit/custom-export.ts';

const own = { PV_GROUP: 'root', PV_RESTART_POLICY: 'container' };
/** Fails as often as the number in its volume says, each time after a moment. */
const flaky = 'sleep 0.3; exit 4';

const device = useBooted(async (box) => {
  const exports = await exampleExports();
  const dir = join(box.dir, 'custom');
  const recovery = { policy: 'always', max_retries: 2, retry_delay: 1, backoff_factor: 2, backoff_policy: 'never' };
  return {
    readyWithinMs: 0,
    exports: [
      exports.path('pv-example-recovery'), exports.path('pv-example-random'),
      await customExport(dir, { name: 'flaky', script: flaky, args: { ...own, PV_AUTO_RECOVERY: recovery } }),
      await customExport(dir, { name: 'held', script: flaky, args: { ...own, PV_AUTO_RECOVERY: { ...recovery, retry_delay: 30 } }, verbatim: ['PV_AUTO_RECOVERY'] }),
      await customExport(dir, { name: 'job', script: 'echo done; exit 0', args: { ...own, PV_AUTO_RECOVERY: { policy: 'on-failure', max_retries: 3 } } }),
      await customExport(dir, { name: 'killed', script: 'exec sleep 600', args: { ...own, PV_AUTO_RECOVERY: { policy: 'on-failure', retry_delay: 1 } } }),
      await customExport(dir, { name: 'hungry', script: 'exec dd if=/dev/zero of=/dev/null bs=64M count=1', conf: 'lxc.cgroup.memory.limit_in_bytes = 20M\n', args: { ...own, PV_AUTO_RECOVERY: { policy: 'on-failure', retry_delay: 600 } } }),
    ],
  };
});

describe('auto-recovery', () => {
  it('retries with growing delays and then leaves it stopped, as its policy says', async () => {
    expect(await device.until('flaky', ({ status, auto_recovery: recovery }) => status === 'STOPPED' && recovery?.current_retries === 2, 30_000)).toMatchObject({ last_exit: { kind: 'exit', code: 4 } });
    for (const [attempt, delay] of [[1, 1], [2, 2]]) await device.appengine.waitForLog(`platform 'flaky' crashed. Attempting auto-recovery (attempt ${attempt}/2) in ${delay} seconds...`);
    for (const text of ["recovery timer finished for platform 'flaky'. Restarting...", "platform 'flaky' reached max retries (2).", "backoff_policy=never — leaving 'flaky' stopped"]) await device.appengine.waitForLog(text);
  });

  it('is cancelled by a stop, which holds; a start forgets the retries', async () => {
    await device.until('held', ({ status }) => status === 'RECOVERING');
    expect((await device.box.pvcontrol('container', 'stop', 'held')).code).toBe(0);
    expect(await device.container('held')).toMatchObject({ status: 'STOPPED', user_stopped: 'true', auto_recovery: { current_retries: 1 } });
    await device.box.pvcontrol('container', 'start', 'held');
    expect(await device.until('held', ({ status }) => status === 'RECOVERING')).toMatchObject({ user_stopped: 'false', auto_recovery: { current_retries: 1 } });
  });

  it('leaves a job that ended well', async () => {
    expect(await device.until('job', ({ status }) => status === 'STOPPED')).toMatchObject({ last_exit: { kind: 'exit', code: 0 }, user_stopped: 'false' });
  });

  it('knows a signal, and want of memory, from an exit', async () => {
    const { pid } = await device.until('killed', ({ status }) => status === 'STARTED');
    process.kill(device.box.hostPid(pid) ?? expect.fail('no such process'), 'SIGKILL');
    expect(await device.until('killed', (container) => container.status === 'STARTED' && container.pid !== pid)).toMatchObject({ last_exit: { kind: 'signal', signal: 9 }, auto_recovery: { current_retries: 1 } });
    expect(await device.until('hungry', ({ status }) => status === 'RECOVERING')).toMatchObject({ last_exit: { kind: 'oom', signal: 9 } });
  });

  it('shows the examples recovering: pv-example-recovery in 5 seconds, -random always', async () => {
    const recovered = await device.until('pv-example-recovery', ({ status, auto_recovery: recovery }) => status === 'STARTED' && recovery?.current_retries === 1, 40_000);
    expect(recovered.last_exit).toEqual({ kind: 'exit', code: 1 });
    await device.appengine.waitForLog("platform 'pv-example-recovery' crashed. Attempting auto-recovery (attempt 1/5) in 5 seconds...");
    await device.until('pv-example-random', ({ auto_recovery: recovery }) => (recovery?.current_retries ?? 0) >= 1, 60_000);
    await device.appengine.waitForLog("platform 'pv-example-random' crashed. Attempting auto-recovery (attempt 1/10) in 2 seconds...");
    expect(await device.console('pv-example-recovery')).toMatch(/Recovery test container starting\.\.\.[\s\S]*Exiting now![\s\S]*Recovery test container starting\.\.\./);
  });
});
