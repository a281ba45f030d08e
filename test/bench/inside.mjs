// Runs in the box, beside the runtime it measures; prints one JSON object: figure -> array of samples.
// Milliseconds, but for `pss`, which is kB. Arguments: how often each figure is taken.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const times = Number(process.argv[2] ?? 5);
const pvcontrol = process.argv[3];
const core = '/run/pantavisor/pv/core/pv-core';

function call(method, path, body) {
  return new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { 'content-length': body.length };
    const sent = request({ socketPath: core, method, path, headers, agent: false }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk) => (text += chunk)).on('end', () => resolve({ text, etag: answer.headers.etag?.replaceAll('"', '') }));
    }).on('error', reject);
    sent.end(body);
  });
}

const container = async (name) => JSON.parse((await call('GET', '/containers')).text).find((one) => one.name === name);
const act = (name, action) => call('PUT', `/containers/${name}`, JSON.stringify({ action }));

/** Milliseconds until `done` holds, looked at without a pause. */
async function until(done, start = performance.now()) {
  while (!(await done())) if (performance.now() - start > 60_000) throw new Error('it took more than a minute');
  return performance.now() - start;
}
const reaches = (name, status) => async () => (await container(name)).status === status;

async function stopToStopped() {
  await until(reaches('pv-example-app', 'STARTED'));
  await act('pv-example-app', 'stop');
  const took = await until(reaches('pv-example-app', 'STOPPED'));
  await act('pv-example-app', 'start');
  return took;
}

/** From the answer that a held request gets, as pv-xconnect's does, to the socket in the consumer. */
async function graphToSocket() {
  await until(reaches('pv-example-unix-client', 'STARTED'));
  await act('pv-example-unix-client', 'restart');
  for (let { text, etag } = await call('GET', '/xconnect-graph'); ; ({ text, etag } = await call('GET', `/xconnect-graph?wait=${etag}`))) {
    const [link] = JSON.parse(text);
    const path = `/proc/${link.consumer_pid}/root/run/pv/services/raw.sock`;
    const start = performance.now();
    if (link.consumer_pid > 0 && !existsSync(path)) return until(() => existsSync(path), start);
  }
}

async function deathToRecovering() {
  await until(reaches('pv-example-recovery', 'STARTED'));
  process.kill((await container('pv-example-recovery')).pid, 'SIGKILL');
  const took = await until(reaches('pv-example-recovery', 'RECOVERING'));
  await act('pv-example-recovery', 'start');
  return took;
}

function wall(command, ...args) {
  const start = performance.now();
  const { status } = spawnSync(command, args, { stdio: 'ignore' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}`);
  return performance.now() - start;
}

function pss(pid) {
  return Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1]);
}

const figures = {};
const take = async (name, measure) => {
  for (let round = 0; round < times; round++) (figures[name] ??= []).push(await measure());
};
await take('stop to STOPPED', stopToStopped);
await take('graph change to injected socket', graphToSocket);
await take("init's death to RECOVERING", deathToRecovering);
await take('pair', () => {
  (figures['pvcontrol ls'] ??= []).push(wall(pvcontrol, 'ls'));
  (figures['node -e 0'] ??= []).push(wall(process.execPath, '-e', '0'));
  return 0;
});
delete figures.pair;

const bare = spawn(process.execPath, ['--max-semi-space-size=1', '-e', 'require("http").createServer(()=>{}).listen("/run/bare.sock")'], { stdio: 'ignore' });
await until(() => existsSync('/run/bare.sock'));
await sleep(500); // Memory is to have settled: nothing to wait for that says so.
const daemons = JSON.parse((await call('GET', '/daemons')).text);
const corePid = Number(readFileSync(`/proc/${daemons.find(({ name }) => name === 'pv-ctrl').pid}/status`, 'utf8').match(/^PPid:\s+(\d+)/m)[1]);
figures.pss = {
  'pv-core': pss(corePid),
  ...Object.fromEntries(daemons.filter(({ pid }) => pid > 0).map(({ name, pid }) => [name, pss(pid)])),
  'bare node:http': pss(bare.pid),
};
bare.kill('SIGKILL');
console.log(JSON.stringify(figures));
