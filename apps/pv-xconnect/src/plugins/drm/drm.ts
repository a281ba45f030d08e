/**
 * The `drm` type: a graphics device that the provider exports appears in the consumer as the provider has it, and
 * goes with the link. No data passes through here. A card goes to one consumer at a time, render nodes to all.
 */
import { hostName } from '@pv/contract/grammar';
import type { TakeMountSteps } from '../../mounts/mount-file.ts';
import type { Plugin } from '../plugin.ts';
import { establishDevice, removeDevice, type Shared } from './device-link.ts';
import { DeviceRules } from './device-rules.ts';
import { Holders } from './holders.ts';

/** `testDevices`: see parseTestDevices; empty but in tests. */
export function drmPlugin(testDevices: ReadonlySet<string>, takeSteps: TakeMountSteps): Plugin {
  const shared: Shared = { holders: new Holders(), rules: new DeviceRules(), testDevices, takeSteps };
  return {
    type: 'drm',
    removeLeft: (file, consumer) => removeDevice(shared, file, consumer),
    refusal(link) {
      if (link.provider === hostName) return 'the host itself provides no devices';
      if (link.provider === link.consumer && link.target === link.socket) return 'its target is the very node that it provides';
      return undefined;
    },
    establish(link, consumer, provider, context) {
      context.lines.out(`pvx-drm: Adding DRM link for ${link.consumer} (role: ${link.role})`);
      context.lines.out(`pvx-drm: Target: ${link.target}, Provider Node: ${link.socket}`);
      return establishDevice(shared, link, consumer, provider, context);
    },
  };
}
