/** 7.2-10 Names are checked when a state is read; what they could do to a file is prevented a second time. */
import { BusName, Role } from '@pv/contract/names';
import type { ContainerModel } from '@pv/state/model';
import { describe, expect, it } from 'vitest';
import { baseConfigText } from '../../src/hosted-bus/base-config.ts';
import { policyText } from '../../src/hosted-bus/policy.ts';
import { hostedRevision } from '../kit/hosted.ts';

describe('the policy', () => {
  it('is one block per role, closed names before open ones', () => {
    const { containers } = hostedRevision({ 'org.a.A': ['one', ['two']], 'org.b.B': ['two', []] });
    expect(policyText(containers)).toBe(`<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <policy user="pv-dbus-one">
    <allow own="org.a.A"/>
    <allow send_type="method_call"/>
    <deny send_destination="org.b.B" send_type="method_call" send_requested_reply="true"/>
    <allow send_type="signal"/>
    <allow receive_type="method_call"/>
    <allow send_destination="org.a.A" send_type="method_call"/>
    <allow receive_sender="org.a.A" receive_type="method_call"/>
    <allow receive_sender="org.a.A" receive_type="signal"/>
  </policy>
  <policy user="pv-dbus-two">
    <allow own="org.b.B"/>
    <allow send_type="signal"/>
    <allow receive_type="method_call"/>
    <allow send_destination="org.b.B" send_type="method_call"/>
    <allow receive_sender="org.b.B" receive_type="method_call"/>
    <allow receive_sender="org.b.B" receive_type="signal"/>
    <allow send_destination="org.a.A" send_type="method_call"/>
    <allow receive_sender="org.a.A" receive_type="method_call"/>
    <allow receive_sender="org.a.A" receive_type="signal"/>
  </policy>
</busconfig>
`);
  });

  it('7.2-10 escapes what no checked name contains', () => {
    const hostile = '"/><allow own="*"/><!--';
    expect([BusName.safeParse(hostile).success, Role.safeParse(hostile).success]).toEqual([false, false]);
    const owns = [{ name: hostile as BusName, role: hostile as Role, allow: [], at: { file: '', path: '' } }];
    const text = policyText([{ owns } as unknown as ContainerModel]);
    expect(text).toContain('<allow own="&#34;/&#62;&#60;allow own=&#34;*&#34;/&#62;&#60;!--"/>');
    expect(text).not.toContain('<!--');
  });
});

it('an address and a path with any characters in them stay what they are', () => {
  const text = baseConfigText({ socket: '/run/a b,c=d;é/<&>', policy: '/run/<&>' });
  expect(text).toContain('<listen>unix:path=/run/a%20b%2cc%3dd%3b%c3%a9/%3c%26%3e</listen>');
  expect(text).toContain('<include>/run/&#60;&#38;&#62;</include>');
});
