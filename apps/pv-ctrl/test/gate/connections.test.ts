import { describe, expect, test } from 'vitest';
import { ConnectionCounter } from '../../src/gate/connections.ts';

const counter = () => new ConnectionCounter({ connections: 6, connectionsPerContainer: 3, connectionsForHost: 2 });
const take = (from: ConnectionCounter, callers: string): string => [...callers].map((caller) => (from.take(caller === 'h' ? '_pv_' : caller) === undefined ? '-' : caller)).join('');

describe('places', () => {
  test.each([
    ['aaaa', 'aaa-', 'a container has its own cap'],
    ['aaabbb', 'aaab--', 'containers together leave room for the host'],
    ['aaabhhh', 'aaabhh-', 'which the host can take'],
    ['hhhhhhh', 'hhhhhh-', 'the host has the whole'],
    ['hhhhhha', 'hhhhhh-', 'and then nobody gets in'],
  ])('%s -> %s: %s', (asked, given) => {
    expect(take(counter(), asked)).toBe(given);
  });

  test('are given back, each to its caller', () => {
    const places = counter();
    const back = places.take('a');
    expect(take(places, 'aaab')).toBe('aa-b');
    back?.();
    expect(take(places, 'aa')).toBe('a-');
  });
});
