/**
 * Configuration: built-in defaults, then the file, then the environment (spec state-engine 8.1). Only the keys
 * that this version uses. A bad value is a warning and leaves the value as it was, as users know it.
 */
import { printable } from './log.ts';

export interface Config {
  readonly PV_SYSTEM_RUNDIR: string;
  readonly PV_STORAGE_MNTPOINT: string;
  /** 0 FATAL ... 5 TRACE; lines above it are not written. */
  readonly PV_LOG_LEVEL: number;
  /** LXC's own levels: 0 TRACE, 1 DEBUG, 2 INFO. Above INFO the exact end of a container would go unrecorded. */
  readonly PV_LXC_LOG_LEVEL: number;
  /** Seconds until a container must have reached its goal. */
  readonly PV_UPDATER_GOALS_TIMEOUT: number;
  /** Seconds between the lenient signal and force. */
  readonly PV_STOP_GRACE: number;
  /** The numeric user and group that pv-ctrl runs as. */
  readonly PV_CTRL_UID: number;
  /** 1: containers may share the host's network namespace when their configuration says so. */
  readonly PV_LXC_ALLOW_HOST_NETWORK: boolean;
  /** The tree WasmEdge is installed in, with all that it needs. */
  readonly PV_WASMEDGE_ROOT: string;
  /** 1: the host runs a system bus for containers. */
  readonly PV_XCONNECT_DBUS_SYSTEMBUS_ENABLED: boolean;
  /** The numeric user and group that this bus runs as. */
  readonly PV_XCONNECT_DBUS_UID: number;
  /** Seconds without a byte after which a session ends that one side has shut. */
  readonly PV_XCONNECT_LINGER: number;
  /** For tests: `<major>:<minor>,...`, devices that drm links may hand out beside graphics ones. */
  readonly PV_XCONNECT_TEST_DEVICES: string;
}

export interface ConfigResult {
  readonly config: Config;
  readonly warnings: readonly string[];
}

export const defaultConfig: Config = {
  PV_SYSTEM_RUNDIR: '/run/pantavisor/pv',
  PV_STORAGE_MNTPOINT: '/var/pantavisor/storage',
  PV_LOG_LEVEL: 4,
  PV_LXC_LOG_LEVEL: 2,
  PV_UPDATER_GOALS_TIMEOUT: 30,
  PV_STOP_GRACE: 5,
  PV_CTRL_UID: 65411,
  PV_LXC_ALLOW_HOST_NETWORK: false,
  PV_WASMEDGE_ROOT: '/',
  PV_XCONNECT_DBUS_SYSTEMBUS_ENABLED: false,
  PV_XCONNECT_DBUS_UID: 65412,
  PV_XCONNECT_LINGER: 60,
  PV_XCONNECT_TEST_DEVICES: '',
};

type Parse<T> = (text: string) => T | undefined;

const absolutePath: Parse<string> = (text) => (/^\/[^\0\n]*$/.test(text) ? text.replace(/(.)\/+$/, '$1') : undefined);
const integer = (min: number, max: number): Parse<number> => (text) => {
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  return value >= min && value <= max ? value : undefined;
};
const boolean: Parse<boolean> = (text) => {
  if (/^(?:true|yes|on|[1-9]\d*)$/i.test(text)) return true;
  return /^(?:false|no|off|0)$/i.test(text) ? false : undefined;
};
const deviceNumbers: Parse<string> = (text) => (/^(?:\d+:\d+(?:,\d+:\d+)*)?$/.test(text) ? text : undefined);

const parsers: { readonly [K in keyof Config]: Parse<Config[K]> } = {
  PV_SYSTEM_RUNDIR: absolutePath,
  PV_STORAGE_MNTPOINT: absolutePath,
  PV_LOG_LEVEL: integer(0, 5),
  PV_LXC_LOG_LEVEL: integer(0, 2),
  PV_UPDATER_GOALS_TIMEOUT: integer(1, 86_400),
  PV_STOP_GRACE: integer(0, 3600),
  PV_CTRL_UID: integer(1, 2_147_483_647),
  PV_LXC_ALLOW_HOST_NETWORK: boolean,
  PV_WASMEDGE_ROOT: absolutePath,
  PV_XCONNECT_DBUS_SYSTEMBUS_ENABLED: boolean,
  // Below the ids of roles.
  PV_XCONNECT_DBUS_UID: integer(1, 65_533),
  PV_XCONNECT_LINGER: integer(1, 86_400),
  PV_XCONNECT_TEST_DEVICES: deviceNumbers,
};

/** `file`: the text of a configuration file, `key=value` per line, `#` comments. `env`: the environment. */
export function parseConfig(file: { path: string; text: string } | undefined, env: Readonly<Record<string, string | undefined>>): ConfigResult {
  const values: Record<string, unknown> = { ...defaultConfig };
  const warnings: string[] = [];
  for (const [where, key, text] of [...fileEntries(file), ...envEntries(env)]) {
    const name = key.toUpperCase();
    if (!isKey(name)) {
      if (where !== 'environment') warnings.push(`${where}: key '${printable(key)}' unknown`);
      continue;
    }
    const value = parsers[name](text);
    if (value === undefined) warnings.push(`${where}: '${printable(text)}' is not a valid value for ${name}; keeping '${String(values[name])}'`);
    else values[name] = value;
  }
  return { config: values as unknown as Config, warnings };
}

function isKey(name: string): name is keyof Config {
  return Object.hasOwn(parsers, name);
}

function fileEntries(file: { path: string; text: string } | undefined): [string, string, string][] {
  if (file === undefined) return [];
  return file.text.split('\n').flatMap((raw, index): [string, string, string][] => {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) return [];
    const split = line.indexOf('=');
    const where = `${file.path}:${index + 1}`;
    return [split < 0 ? [where, line, ''] : [where, line.slice(0, split).trim(), line.slice(split + 1).trim()]];
  });
}

function envEntries(env: Readonly<Record<string, string | undefined>>): [string, string, string][] {
  return Object.entries(env).flatMap(([key, value]): [string, string, string][] =>
    /^PV_/i.test(key) && value !== undefined ? [['environment', key, value]] : [],
  );
}
