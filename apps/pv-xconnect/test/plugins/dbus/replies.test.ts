import { Violation } from '@pv/dbus-wire/violation';
import { expect, test } from 'vitest';
import { Replies } from '../../../src/plugins/dbus/replies.ts';

test('no more than 4,096 calls of a consumer wait for replies', () => {
  const replies = new Replies();
  for (let serial = 1; serial <= 4096; serial++) replies.await(serial, { kind: 'own-list' });
  expect(() => replies.await(4097, { kind: 'own-list' })).toThrow(new Violation('more than 4096 calls that wait for their replies'));
  expect(replies.take(1)).toBeDefined();
  expect(() => replies.await(4097, { kind: 'own-list' })).not.toThrow();
});

test('of more than 4,096 calls of peers the oldest is forgotten', () => {
  const replies = new Replies();
  for (let serial = 1; serial <= 4097; serial++) replies.called(':1.2', serial);
  expect(replies.answered(':1.2', 1)).toBe(false);
  expect(replies.answered(':1.2', 2)).toBe(true);
  expect(replies.answered(':1.2', 2)).toBe(false);
  expect(replies.answered(':1.2', 4097)).toBe(true);
});
