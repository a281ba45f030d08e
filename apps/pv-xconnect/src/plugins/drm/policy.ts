/**
 * Which devices a `drm` link may hand out, decided from numbers alone (spec xconnect 4.4). Pure.
 * Only character devices of major 226: minors 0-63 are cards, which control the display, 128 and above are render
 * nodes, which only compute. What is between (control nodes, gone from Linux since 4.12) and all else is refused.
 */
export type DeviceKind = 'card' | 'render';

/** What is known of the node that a provider exports. */
export interface ExportedNode {
  readonly path: string;
  readonly character: boolean;
  readonly major: number;
  readonly minor: number;
  /** What sysfs calls this device (`card0`); `absent`: not there; undefined: this machine has no class `drm` to ask. */
  readonly sysfs: { readonly name: string; readonly subsystem: string } | 'absent' | undefined;
}

export type Judgement = { readonly kind: DeviceKind } | { readonly refusal: string };

const drmMajor = 226;
const names: Readonly<Record<DeviceKind, RegExp>> = { card: /^card\d+$/, render: /^renderD\d+$/ };

export function isDrmMajor(major: number): boolean {
  return major === drmMajor;
}

/** `testDevices`: `major:minor` of harmless devices that count as what their path is named after. */
export function judgeDevice(node: ExportedNode, testDevices: ReadonlySet<string>): Judgement {
  const { path, character, major, minor, sysfs } = node;
  const number = `${major}:${minor}`;
  if (!character) return { refusal: `${path} is not a character device` };
  if (testDevices.has(number)) return { kind: path.slice(path.lastIndexOf('/') + 1).startsWith('card') ? 'card' : 'render' };
  if (!isDrmMajor(major)) return { refusal: `${path} is the device ${number}, which is no DRM device; only those of major ${drmMajor} are handed out` };
  const kind = kindOf(minor);
  if (kind === undefined) return { refusal: `${path} is the device ${number}, neither a card (minor 0-63) nor a render node (128 and above)` };
  if (sysfs === 'absent') return { refusal: `${path} is the device ${number}, which this machine does not have` };
  if (sysfs !== undefined && (sysfs.subsystem !== 'drm' || !names[kind].test(sysfs.name))) {
    return { refusal: `${path} is the device ${number}, which is '${sysfs.name}' of the subsystem '${sysfs.subsystem}' on this machine` };
  }
  return { kind };
}

/** The roles `master` and `render` say which kind is meant; every other role gets what the provider exports. */
export function roleRefusal(role: string, kind: DeviceKind, path: string): string | undefined {
  if (role === 'render' && kind === 'card') return `the role 'render' gets render nodes only, and ${path} is a card; ask for it with the role 'master'`;
  if (role === 'master' && kind === 'render') return `the role 'master' is for cards, and ${path} is a render node; ask for it with the role 'render'`;
  return undefined;
}

function kindOf(minor: number): DeviceKind | undefined {
  if (minor < 64) return 'card';
  return minor >= 128 ? 'render' : undefined;
}

/** `1:3,1:5` as `PV_XCONNECT_TEST_DEVICES` has it. For tests on machines without a DRM device, and for nothing else. */
export function parseTestDevices(text: string): ReadonlySet<string> {
  return new Set(text === '' ? [] : text.split(','));
}
