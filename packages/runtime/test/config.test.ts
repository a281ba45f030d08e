import { describe, expect, it } from 'vitest';
import { defaultConfig, parseConfig } from '../src/config.ts';

const path = '/etc/pantavisor.config';

describe('the configuration', () => {
  it('is the defaults, then the file, then the environment; keys in any case', () => {
    const text = '# a comment\n\n  pv_stop_grace = 7 \nPV_LOG_LEVEL=2\nPV_LOG_LEVEL=3\n';
    expect(parseConfig(undefined, {})).toEqual({ config: defaultConfig, warnings: [] });
    expect(parseConfig({ path, text }, { pv_log_level: '5', HOME: '/root', PV_UNKNOWN: '1' })).toEqual({ config: { ...defaultConfig, PV_STOP_GRACE: 7, PV_LOG_LEVEL: 5 }, warnings: [] });
  });

  it('warns of a key that is not known, and of a line that is none, with file and line', () => {
    const { config, warnings } = parseConfig({ path, text: 'PV_LOG_LEVEL=1\nPV_LOGLEVEL=2\nnonsense\n' }, {});
    expect(config.PV_LOG_LEVEL).toBe(1);
    expect(warnings).toEqual([`${path}:2: key 'PV_LOGLEVEL' unknown`, `${path}:3: key 'nonsense' unknown`]);
  });

  it.each([
    ['PV_LOG_LEVEL', ['6', '-1', '1.5', '', 'x', ' 1']], ['PV_LXC_LOG_LEVEL', ['3']], ['PV_STOP_GRACE', ['3601', '99999999999']], ['PV_UPDATER_GOALS_TIMEOUT', ['0']],
    ['PV_CTRL_UID', ['0', 'root']], ['PV_SYSTEM_RUNDIR', ['', 'run']], ['PV_LXC_ALLOW_HOST_NETWORK', ['maybe', '']], ['PV_XCONNECT_LINGER', ['0', '86401', '1s']], ['PV_XCONNECT_TEST_DEVICES', ['1', '1:3;1:5']],
  ] as const)('keeps %s as it was, with a warning, when the value is bad', (key, values) => {
    for (const value of values) {
      expect(parseConfig(undefined, { [key]: value })).toEqual({ config: defaultConfig, warnings: [`environment: '${value}' is not a valid value for ${key}; keeping '${String(defaultConfig[key])}'`] });
    }
  });

  it('warns in one line, whatever is in the value', () => {
    expect(parseConfig({ path: '/f', text: 'a\rb=1' }, { PV_LOG_LEVEL: 'a\nb\u001b[31m' }).warnings).toEqual([
      "/f:1: key 'a\\x0db' unknown", "environment: 'a\\x0ab\\x1b[31m' is not a valid value for PV_LOG_LEVEL; keeping '4'",
    ]);
  });

  it('knows the words for yes and no, and paths with a slash at the end', () => {
    const host = (text: string) => parseConfig(undefined, { PV_LXC_ALLOW_HOST_NETWORK: text }).config.PV_LXC_ALLOW_HOST_NETWORK;
    expect(['1', '42', 'true', 'YES', 'on'].map(host)).not.toContain(false);
    expect(['0', 'false', 'no', 'OFF'].map(host)).not.toContain(true);
    expect(['/run/x//', '/'].map((text) => parseConfig(undefined, { PV_SYSTEM_RUNDIR: text }).config.PV_SYSTEM_RUNDIR)).toEqual(['/run/x', '/']);
  });
});
