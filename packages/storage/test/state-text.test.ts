import { describe, expect, it } from 'vitest';
import { objectId, objectsOf, parseStateText, printStateText } from '../src/state-text.ts';

const sha = 'a'.repeat(64);

describe('parseStateText', () => {
  it('keeps the text of each value as it was written', () => {
    const state = parseStateText('t', '{ "b" : { "z":1,\n "a":1.50 , "z2":"\\u00e9\\/" } , "#spec":"s", "a b":[ ] , "é": -0e1 }');
    expect([...state]).toEqual([['b', '{ "z":1,\n "a":1.50 , "z2":"\\u00e9\\/" }'], ['#spec', '"s"'], ['a b', '[ ]'], ['é', '-0e1']]);
  });

  it('takes keys as what they say, not as they are spelled', () => {
    expect(() => parseStateText('t', '{"a/b":1,"a\\/b":2}')).toThrow('t: $["a/b"]: duplicate key');
    expect([...parseStateText('t', '{"__proto__":1,"constructor":2}').keys()]).toEqual(['__proto__', 'constructor']);
  });

  it.each(['', 'null', '"x"', '[1]', '{', '{"a":1,}', '{"a":1}{}', "{'a':1}", '{"a":1}//', '\ufeff{}', '['.repeat(1e6)])('refuses %.20s', (text) => {
    expect(() => parseStateText('t', text)).toThrow(/^t: \$.*; export the part again$/);
  });

  it.each(['', '/a', 'a/', 'a//b', '.', '..', 'a/../b', 'a/./b', '.pv', '.pv/x', '.pvr', '.pvr/json', 'a\\u0000b'])('refuses the key %j', (key) => {
    expect(() => parseStateText('t', `{"${key}":1}`)).toThrow('is not a path inside a revision; mend the part that has it');
  });

  it.each(['.pvrx', '..a', '_config/a/.pv/x', 'a b', 'a\\nb'])('takes the key %j', (key) => {
    expect(parseStateText('t', `{"${key}":1}`).size).toBe(1);
  });
});

describe('printStateText', () => {
  it('sorts bytewise with #spec first, and is read back as the same', () => {
    const text = '{"#spec":"s","!":0,"Z":1,"a":2,"é":3,"\uff01":4,"😀":5}';
    const shuffled = parseStateText('t', '{"😀":5,"é":3,"a":2,"\uff01":4,"Z":1,"#spec":"s","!":0}');
    expect(printStateText(shuffled)).toBe(text);
    expect(parseStateText('t', text)).toEqual(new Map([...shuffled].sort()));
  });
});

describe('objectId', () => {
  it('is 64 lower-case hexadecimal digits and nothing else', () => {
    expect(objectId(`"${sha}"`)).toBe(sha);
    for (const text of [sha, `"${sha}a"`, `"${sha.toUpperCase()}"`, `["${sha}"]`, `"${sha.slice(1)}"`]) expect(objectId(text)).toBeUndefined();
    expect(objectsOf(parseStateText('t', `{"x":"${sha}","y":{"z":"${sha}"}}`))).toEqual([{ key: 'x', id: sha }]);
  });
});
