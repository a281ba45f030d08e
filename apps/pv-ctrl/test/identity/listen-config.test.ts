import { expect, test } from 'vitest';
import { parseListenConfig } from '../../src/identity/listen-config.ts';

test('listeners', () => {
  const text = '[{"fd":3,"caller":"_pv_","mgmt":true},{"fd":4,"caller":"pv-example-app","mgmt":false}]';
  expect(parseListenConfig(text)).toEqual({
    kind: 'listeners',
    listeners: [
      { fd: 3, caller: { name: '_pv_', mgmt: true } },
      { fd: 4, caller: { name: 'pv-example-app', mgmt: false } },
    ],
  });
});

test.each([
  [undefined, 'PV_CTRL_LISTEN is not set'],
  ['', 'PV_CTRL_LISTEN is not set'],
  ['{', 'PV_CTRL_LISTEN is not a JSON array'],
  ['{}', 'PV_CTRL_LISTEN is not a JSON array'],
  ['[]', 'PV_CTRL_LISTEN is not a JSON array with at least one element'],
  ['[3]', 'PV_CTRL_LISTEN[0]: is not an object'],
  ['[null]', 'PV_CTRL_LISTEN[0]: is not an object'],
  ['[{"fd":2,"caller":"a","mgmt":true}]', 'PV_CTRL_LISTEN[0].fd: must be'],
  ['[{"fd":"3","caller":"a","mgmt":true}]', 'PV_CTRL_LISTEN[0].fd: must be'],
  ['[{"fd":3.5,"caller":"a","mgmt":true}]', 'PV_CTRL_LISTEN[0].fd: must be'],
  ['[{"fd":3,"caller":"a b","mgmt":true}]', 'PV_CTRL_LISTEN[0].caller: must be'],
  ['[{"fd":3,"caller":"_pv","mgmt":true}]', 'PV_CTRL_LISTEN[0].caller: must be'],
  ['[{"fd":3,"caller":"","mgmt":true}]', 'PV_CTRL_LISTEN[0].caller: must be'],
  ['[{"fd":3,"caller":"a","mgmt":"false"}]', 'PV_CTRL_LISTEN[0].mgmt: must be'],
  ['[{"fd":3,"caller":"a"}]', 'PV_CTRL_LISTEN[0].mgmt: must be'],
  ['[{"fd":3,"caller":"_pv_","mgmt":false}]', 'PV_CTRL_LISTEN[0].mgmt: must be true for _pv_'],
  ['[{"fd":3,"caller":"a","mgmt":true},{"fd":3,"caller":"b","mgmt":true}]', 'PV_CTRL_LISTEN[1].fd: 3 is there twice'],
])('%s is an error that says where', (text, message) => {
  expect(parseListenConfig(text)).toEqual({ kind: 'error', message: expect.stringContaining(message) as unknown });
});
