/** `args.json` -> `run.json`, as the pvr template renders it (spec state-engine 1.3). Pure. */

export type Args = Readonly<Record<string, unknown>>;

/** Keys that are copied as they are. */
const renamed: Readonly<Record<string, string>> = {
  PV_GROUP: 'group',
  PV_RUNLEVEL: 'runlevel',
  PV_RESTART_POLICY: 'restart_policy',
  PV_STATUS_GOAL: 'status_goal',
  PV_ROLES: 'roles',
  PV_AUTO_RECOVERY: 'auto_recovery',
};

/** What run.json says for the engine. */
type EngineKeys = Readonly<Record<string, unknown>>;

export const lxcKeys: EngineKeys = {
  config: 'lxc.container.conf',
  'root-volume': 'root.squashfs',
  storage: { 'lxc-overlay': { persistence: 'boot' } },
  type: 'lxc',
  volumes: [],
};

/** `storage`: persistence by the name of a volume. */
export function wasmedgeKeys(storage: Readonly<Record<string, string>>): EngineKeys {
  const volumes = Object.entries(storage).map(([name, persistence]) => [name, { persistence }]);
  return { config: 'wasmedge.json', 'root-volume': 'app.wasm', storage: Object.fromEntries(volumes), type: 'wasmedge' };
}

/** `verbatim`: keys that stay under the name they have in args.json. */
export function renderRunJson(name: string, args: Args, verbatim: readonly string[] = [], engine = lxcKeys): Record<string, unknown> {
  const entries = Object.entries(args);
  const unknown = entries.filter(([key]) => renamed[key] === undefined && !key.startsWith('PV_SERVICES_')).map(([key]) => key);
  if (unknown.length > 0) throw new Error(`${name}/args.json: unknown keys ${unknown.join(', ')}`);
  const copied = entries.flatMap(([key, value]) => (renamed[key] === undefined ? [] : [[verbatim.includes(key) ? key : renamed[key], value]]));
  return {
    '#spec': 'service-manifest-run@1',
    name,
    ...Object.fromEntries(copied),
    ...engine,
    services: { required: args['PV_SERVICES_REQUIRED'] ?? [], optional: args['PV_SERVICES_OPTIONAL'] ?? [], manual: args['PV_SERVICES_MANUAL'] ?? [] },
  };
}

/** The container's LXC configuration: an empty network, a private /run and /tmp, its start script as init. */
export const containerConf = `lxc.init.cmd = /start
lxc.net.0.type = empty
lxc.tty.max = 0
lxc.pty.max = 16
lxc.mount.auto = proc:mixed sys:ro
lxc.mount.entry = tmpfs run tmpfs rw,nosuid,nodev,mode=0755,size=8m 0 0
lxc.mount.entry = tmpfs tmp tmpfs rw,nosuid,nodev,mode=1777,size=8m 0 0
lxc.cap.drop = audit_control audit_read audit_write mac_admin mac_override mknod sys_admin sys_boot sys_module sys_rawio sys_time syslog wake_alarm
`;
