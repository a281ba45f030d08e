/** The character classes of RFC 9110 and 9112, by table: a head is looked at once, character by character. */

export const charClass = {
  /** RFC 9110 5.6.2: what names and methods are made of. */
  token: 1,
  /** RFC 9110 5.5: visible characters, SP, HTAB and obs-text. */
  value: 2,
  /** What a request target may hold: visible ASCII but `#`, which begins what is never sent. */
  target: 4,
  /** A host with its port, without user information (RFC 3986 3.2.2, 3.2.3). */
  host: 8,
} as const;

const alphanumeric = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const codes = (from: number, to: number): string => Array.from({ length: to - from + 1 }, (_, index) => String.fromCharCode(from + index)).join('');

const members: readonly (readonly [number, string])[] = [
  [charClass.token, `${alphanumeric}!#$%&'*+-.^_\`|~`],
  [charClass.value, `\t${codes(0x20, 0x7e)}${codes(0x80, 0xff)}`],
  [charClass.target, codes(0x21, 0x7e).replace('#', '')],
  [charClass.host, `${alphanumeric}-._~%!$&'()*+,;=:[]`],
];

const classes = new Uint8Array(256);
for (const [bit, characters] of members) {
  for (const character of characters) classes[character.charCodeAt(0)] = (classes[character.charCodeAt(0)] ?? 0) | bit;
}

/** The first index from `at` on whose character is not of the class; `end` when all are. */
export function skipClass(text: string, at: number, bit: number, end = text.length): number {
  let index = at;
  while (index < end && ((classes[text.charCodeAt(index)] ?? 0) & bit) !== 0) index += 1;
  return index;
}

/** At least one character, all of the class. */
export function isAll(text: string, bit: number): boolean {
  return text !== '' && skipClass(text, 0, bit) === text.length;
}

export function isDigits(text: string): boolean {
  return /^[0-9]+$/.test(text);
}
