import { expect, it } from 'vitest';
import { control } from '../../release/debian/control.ts';

const program = { name: 'pv-x', summary: 'does x', description: 'It does x, and y.', needs: ['node', 'pv-native'] };

it('a control file has a relation for each kind of need, ours of the same version, and no field without one', () => {
  const identity = { version: '1.2.3', architecture: 'all', size: 1025 };
  expect(control({ ...program, wants: ['pv-xconnect'], uses: ['wasmedge', 'dbus-daemon'] }, identity)).toBe(`Package: pv-x
Version: 1.2.3
Architecture: all
Maintainer: the pv-runtime authors <authors@pv-runtime.invalid>
Installed-Size: 2
Depends: nodejs (>= 20.19), pv-native (= 1.2.3)
Recommends: pv-xconnect (= 1.2.3)
Suggests: wasmedge, dbus-daemon
Section: admin
Priority: optional
Description: does x
 It does x, and y.
`);
  expect(control({ ...program, needs: [] }, identity)).not.toMatch(/Depends|Recommends|Suggests/);
});
