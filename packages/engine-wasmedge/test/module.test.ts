import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readModule } from '../src/module.ts';
import { assemble, program } from './kit/modules.ts';

const reason = (bytes: Uint8Array): string => {
  const read = readModule(bytes);
  return read.kind === 'invalid' ? read.reason : 'is a module';
};
const header = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
const bytes = (...more: readonly number[]): Uint8Array => Uint8Array.from([...header, ...more]);

describe('a module', () => {
  it('tells its imports and exports', () => {
    const text = `(module (import "a" "f" (func (param i32))) (import "b" "t" (table 1 funcref)) (import "c" "m" (memory 1 2)) (import "d" "g" (global i32))
      (func (export "_start")) (global (export "\\c3\\a9") i32 (i32.const 0)))`;
    expect(readModule(assemble(text))).toEqual({
      kind: 'module',
      module: { imports: [{ module: 'a', name: 'f' }, { module: 'b', name: 't' }, { module: 'c', name: 'm' }, { module: 'd', name: 'g' }], exports: ['_start', 'é'] },
    });
  });

  it('without a section is one', () => expect(readModule(bytes())).toEqual({ kind: 'module', module: { imports: [], exports: [] } }));

  it.each([
    ['nothing', new Uint8Array(), 'is empty'],
    ['text', Buffer.from('#!/bin/sh\n'), 'is not a WebAssembly module'],
    ['half a preamble', Uint8Array.from(header.slice(0, 6)), 'is cut off in its first 8 bytes'],
    ['a component', Uint8Array.from([0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0]), 'is a WebAssembly component'],
    ['another version', Uint8Array.from([0, 0x61, 0x73, 0x6d, 2, 0, 0, 0]), 'is of WebAssembly version 2'],
    ['a section longer than the file', bytes(1, 0x20, 0), 'is cut off: a part at byte 10 has 32 bytes, 1 are there'],
    ['a length that does not end', bytes(1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff), 'holds a number that does not end'],
    ['a length beyond 32 bits', bytes(1, 0xff, 0xff, 0xff, 0xff, 0x7f), 'holds a number that is too large'],
    ['a list longer than its section', bytes(2, 5, 0xff, 0xff, 0xff, 0xff, 0x0f), 'is cut off: a list of 4294967295 entries'],
    ['a name that is no text', bytes(7, 5, 1, 1, 0xff, 0, 0), 'holds a name that is not UTF-8'],
    ['an import of no kind', bytes(2, 6, 1, 1, 0x61, 1, 0x62, 9), "imports 'a.b' of a kind that is not known, 9"],
  ])('%s is none', (_title, file, why) => expect(reason(file)).toContain(why));

  it('cut at any byte is a module or refused with a reason, as is any change of a byte', () => {
    const whole = program('(call $exit (i32.const 0))');
    fc.assert(fc.property(fc.nat(whole.length), fc.nat(whole.length - 1), fc.nat(255), (cut, at, byte) => {
      const changed = Uint8Array.from(whole);
      changed[at] = byte;
      expect(reason(whole.subarray(0, cut))).toMatch(/^(?:is|holds|imports) /);
      expect(reason(changed)).toMatch(/^(?:is|holds|imports) /);
    }), { numRuns: 2000 });
  });

  it('of any bytes after the preamble ends', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (tail) => {
      expect(reason(bytes(...tail))).toMatch(/^(?:is|holds|imports) /);
    }), { numRuns: 2000 });
  });
});
