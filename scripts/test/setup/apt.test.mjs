/** The real apt-get, in lists and with sources of a directory of its own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { aptGet } from '../../setup/apt.mjs';
import { archiveIn } from '../../setup/suite.mjs';

const at = { dir: '' };
beforeEach(() => {
  at.dir = mkdtempSync(join(tmpdir(), 'pv-apt-'));
  mkdirSync(join(at.dir, 'partial'));
  writeFileSync(join(at.dir, 'sources.list'), '');
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(at.dir, { recursive: true, force: true });
});

const settings = () => ({
  'Dir::State::lists': at.dir, 'Dir::Cache': at.dir, 'Dir::Etc::sourcelist': join(at.dir, 'sources.list'), 'Dir::Etc::sourceparts': '/dev/null', 'APT::Sandbox::User': '', 'Acquire::Retries': '0',
});

/** A program that holds a lock as apt does, until it is told to end. */
async function lockHolder(path) {
  const holder = spawn('python3', ['-c', 'import fcntl, sys; f = open(sys.argv[1], "w"); fcntl.lockf(f, fcntl.LOCK_EX); print("held", flush=True); sys.stdin.read()', path], { stdio: ['pipe', 'pipe', 'inherit'] });
  await once(holder.stdout, 'data');
  return { end: () => Promise.all([once(holder, 'exit'), holder.stdin.end()]) };
}

describe('aptGet', () => {
  it('waits for another program that uses apt, and says so once', async () => {
    const said = vi.spyOn(console, 'log').mockImplementation(() => undefined);
    const other = await lockHolder(join(at.dir, 'lock'));
    const updated = aptGet(['update'], settings());
    await vi.waitFor(() => expect(said).toHaveBeenCalled(), { timeout: 60_000 });
    await other.end();
    await updated;
    expect(said.mock.calls).toEqual([['==> another program uses apt: waiting until it is done']]);
  });

  it('fails with the words of apt', async () => {
    await expect(aptGet(['no-such-command'])).rejects.toThrow(/^apt-get no-such-command failed:\nE: Invalid operation no-such-command/);
  });

  it('without a network tells so, where only one archive is asked', async () => {
    writeFileSync(join(at.dir, 'sources.list'), 'deb [trusted=yes] http://127.0.0.1:9/debian nowhere main\n');
    const withoutProxy = { ...settings(), 'Acquire::http::Proxy': 'DIRECT', 'APT::Update::Error-Mode': 'any' };
    await expect(aptGet(['update'], withoutProxy)).rejects.toThrow(/^apt-get update failed:[\s\S]*127\.0\.0\.1:9/);
  });
});

describe('archiveIn', () => {
  const line = (...fields) => fields.join('\t');
  const security = line('Debian', 'bookworm-security', 'bookworm-security', 'http://deb.example/security/');
  const vendor = line('Vendor', 'bookworm', 'bookworm', 'https://vendor.example/apt/');

  it.each([
    ['Debian, whatever others call theirs', [vendor, security, line('Debian', 'bookworm', 'bookworm', 'http://deb.example/debian/')], 'http://deb.example/debian/'],
    ['a suite by its other name', [line('Debian', 'oldstable', 'bookworm', 'http://deb.example/debian/')], 'http://deb.example/debian/'],
    ['a mirror with a name of its own', [security, line('Ours', 'bookworm', '', 'http://mirror.example/')], 'http://mirror.example/'],
    ['none', [security], undefined],
  ])('finds %s', (_title, targets, address) => expect(archiveIn(targets.join('\n'), 'bookworm')).toBe(address));
});
