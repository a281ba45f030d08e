import { expect, it } from 'vitest';
import { trees } from '../setup/suite.mjs';

it.each(Object.entries(trees).filter(([, { pins }]) => pins !== undefined))('the tree %s has sums of the same packages for x86-64 and 64-bit ARM', (_, { pins }) => {
  expect(Object.keys(pins)).toEqual(['amd64', 'arm64']);
  expect(Object.keys(pins.arm64)).toEqual(Object.keys(pins.amd64));
  for (const sum of Object.values(pins).flatMap(Object.values)) expect(sum).toMatch(/^[0-9a-f]{64}$/);
});
