import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ascii, readRequests } from './kit.ts';

const host = 'Host: a\r\n';
const get = `GET /x?y HTTP/1.1\r\n${host}\r\n`;
const chunked = `POST / HTTP/1.1\r\n${host}Transfer-Encoding: Chunked\r\n\r\n5;a="b"\r\nhello\r\n00A\r\n0123456789\r\n0\r\nX-T: 1\r\n\r\n`;

test('what is read of requests that follow each other', () => {
  expect(readRequests(ascii(`${get}POST / HTTP/1.0\r\nContent-Length: 3\r\n\r\nabc\r\n${chunked}OPTIONS * HTTP/1.1\r\nHost:\r\nx:\t a b \t\r\n\r\n`))).toEqual({
    messages: [
      'GET /x?y 1.1 host=a {Host=a} none ""',
      'POST / 1.0 host=undefined {Content-Length=3} length "abc"',
      'POST / 1.1 host=a {Host=a;Transfer-Encoding=Chunked} chunked "<5>hello</><10>0123456789</>" {X-T=1}',
      'OPTIONS * 1.1 host= {Host=;x=a b} none ""',
    ],
    refused: undefined, isBetween: true,
  });
});

test.each([
  ['GET http://A/x HTTP/1.1\r\nHost: a\r\n\r\n', 'GET /x 1.1 host=a'],
  ['GET HTTPS://a:80?q HTTP/1.1\r\nHost: a:80\r\n\r\n', 'GET /?q 1.1 host=a:80'],
  ['OPTIONS http://a HTTP/1.1\r\nHost: a\r\n\r\n', 'OPTIONS * 1.1 host=a'],
  ['CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n', 'CONNECT a:1 1.1 host=a:1'],
])('%j is for that host', (bytes, expected) => {
  expect(readRequests(ascii(bytes)).messages[0]).toMatch(expected);
});

const withField = (field: string) => `POST / HTTP/1.1\r\n${host}${field}\r\n\r\n`;
const withChunk = (chunk: string) => `POST / HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n\r\n${chunk}`;

const refused: readonly (readonly [string, string, RegExp])[] = [
  ['CL+TE', withField('Content-Length: 3\r\nTransfer-Encoding: chunked'), /both/],
  ['TE+CL', withField('Transfer-Encoding: chunked\r\nContent-Length: 3'), /both/],
  ['xchunked', withField('Transfer-Encoding: xchunked'), /other than 'chunked'/],
  ['chunked, identity', withField('Transfer-Encoding: chunked, identity'), /other than 'chunked'/],
  ['gzip, chunked', withField('Transfer-Encoding: gzip, chunked'), /other than 'chunked'/],
  ['two codings', withField('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked'), /other than 'chunked'/],
  ['an empty coding', withField('Transfer-Encoding:'), /other than 'chunked'/],
  ['TE in HTTP/1.0', 'POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n', /in HTTP\/1.0/],
  ['two lengths', withField('Content-Length: 3\r\nContent-Length: 4'), /differ/],
  ['+5', withField('Content-Length: +5'), /not a number/],
  ['-1', withField('Content-Length: -1'), /not a number/],
  ['a list of lengths', withField('Content-Length: 3, 3'), /not a number/],
  ['an empty length', withField('Content-Length:'), /not a number/],
  ['a huge length', withField('Content-Length: 99999999999999999999'), /beyond/],
  ['obs-fold', withField('X: a\r\n b'), /obs-fold/],
  ['a bare LF', `GET / HTTP/1.1\n${host}\r\n`, /LF alone/],
  ['a bare LF between fields', withField('X: a\nY: b'), /LF alone/],
  ['a bare LF as the blank line', `GET / HTTP/1.1\r\n${host}\n`, /LF alone/],
  ['a bare CR in a value', withField('X: a\rY: b'), /control character/],
  ['a bare CR in the request line', `GET /\r HTTP/1.1\r\n${host}\r\n`, /visible ASCII/],
  ['a NUL in a value', withField('X: a\0b'), /control character/],
  ['a NUL in a name', withField('X\0: a'), /not a token/],
  ['a space before the colon', withField('X : a'), /white space before/],
  ['a tab before the colon', withField('X\t: a'), /white space before/],
  ['a name that is no token', withField('X(y): a'), /not a token/],
  ['no name', withField(': a'), /without a name/],
  ['no colon', withField('abc'), /not a token/],
  ['HTTP/0.9', 'GET /\r\n', /HTTP\/0.9/],
  ["HTTP/2's preface", 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', /neither/],
  ['a lower-case version', `GET / http/1.1\r\n${host}\r\n`, /neither/],
  ['HTTP/1.2', `GET / HTTP/1.2\r\n${host}\r\n`, /neither/],
  ['two spaces', `GET  / HTTP/1.1\r\n${host}\r\n`, /target that is empty/],
  ['four words', `GET / x HTTP/1.1\r\n${host}\r\n`, /neither|three words/],
  ['a tab as separator', `GET\t/ HTTP/1.1\r\n${host}\r\n`, /method/],
  ['a target without a slash', `GET x HTTP/1.1\r\n${host}\r\n`, /no path/],
  ['a fragment', `GET /#x HTTP/1.1\r\n${host}\r\n`, /visible ASCII/],
  ['a star that is not OPTIONS', `GET * HTTP/1.1\r\n${host}\r\n`, /no path/],
  ['another authority', `GET http://b/ HTTP/1.1\r\n${host}\r\n`, /differs/],
  ['user information', 'GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n', /authority/],
  ['an empty authority', 'GET http:/// HTTP/1.1\r\nHost:\r\n\r\n', /authority/],
  ['a foreign scheme', `GET ftp://a/ HTTP/1.1\r\n${host}\r\n`, /no path/],
  ['two Hosts', `GET / HTTP/1.1\r\n${host}${host}\r\n`, /more than one Host/],
  ['no Host', 'GET / HTTP/1.1\r\n\r\n', /without Host/],
  ['a Host with a slash', 'GET / HTTP/1.1\r\nHost: a/b\r\n\r\n', /not a host/],
  ['a CONNECT with a body', 'CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\nContent-Length: 3\r\n\r\nabc', /CONNECT with a body/],
  ['two empty lines before it', `\r\n\r\n${get}`, /empty line/],
  ['a head of more than 64 KiB', withField(`X: ${'a'.repeat(66_000)}`), /65536/],
  ['a head without end', `GET / HTTP/1.1\r\nX: ${'a'.repeat(66_000)}`, /65536/],
  ['101 fields', withField('X: a\r\n'.repeat(100).slice(0, -2)), /more than 100/],
  ['a chunk size that overflows', withChunk('fffffffffffffffff\r\n'), /beyond/],
  ['a chunk size beyond 2^53', withChunk('20000000000000\r\n'), /beyond/],
  ['a chunk size with a sign', withChunk('+5\r\nhello\r\n'), /hexadecimal/],
  ['a chunk size with 0x', withChunk('0x5\r\nhello\r\n'), /hexadecimal/],
  ['a chunk size with a space', withChunk('5 \r\nhello\r\n'), /hexadecimal/],
  ['no chunk size', withChunk('\r\n'), /hexadecimal/],
  ['a chunk size that ends with LF', withChunk('5\nhello\r\n'), /hexadecimal/],
  ['a chunk longer than it says', withChunk('4\r\nhello\r\n'), /no CRLF/],
  ['a bare LF after a chunk', withChunk('5\r\nhello\n0\r\n\r\n'), /no CRLF/],
  ['a bare LF in an extension', withChunk('5;a\nb\r\nhello\r\n'), /extension/],
  ['a long extension', withChunk(`5;${'a'.repeat(2000)}\r\nhello\r\n`), /extension/],
  ['obs-fold in trailers', withChunk('0\r\nX: a\r\n b\r\n\r\n'), /obs-fold/],
];

test.each(refused)('7.2-3 %s is refused, whole or one byte at a time', (_what, bytes, reason) => {
  for (const sizes of [[], bytes.length < 2_000 ? Array<number>(bytes.length).fill(1) : [1000, 1000]]) {
    const read = readRequests(ascii(bytes), sizes);
    expect(read.refused).toMatch(reason);
    expect(read.messages).toEqual([]);
  }
});

describe('7.2-3 however requests are cut', () => {
  const stream = ascii(`${get}${chunked}\r\n${get}POST /b HTTP/1.1\r\n${host}Content-Length: 5\r\n\r\nhello${get}`);
  const whole = readRequests(stream);

  test('split at each offset', () => {
    expect(whole.messages).toHaveLength(5);
    for (let at = 1; at < stream.length; at += 1) expect(readRequests(stream, [at])).toEqual(whole);
  });

  test('one byte per packet', () => {
    expect(readRequests(stream, Array<number>(stream.length).fill(1))).toEqual(whole);
  });

  test('anyhow', () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 40 })), (sizes) => {
      expect(readRequests(stream, sizes)).toEqual(whole);
    }));
  });
});

test('random bytes are refused or awaited, never a fault, and the same however they are cut', () => {
  const words = fc.constantFrom('GET ', '/', ' HTTP/1.1', '\r\n', '\r', '\n', 'Host: a', 'Content-Length: ', 'Transfer-Encoding: chunked', '5', '0', ';', ' ', ':', '\0', '\xff', 'x');
  fc.assert(
    fc.property(fc.array(words, { maxLength: 40 }), fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 60 }), (parts, sizes) => {
      const bytes = ascii(parts.join(''));
      const { messages, refused: reason } = readRequests(bytes);
      const cut = readRequests(bytes, sizes);
      expect(cut.messages).toEqual(messages);
      expect(cut.refused === undefined).toBe(reason === undefined);
    }),
    { numRuns: 2_000 },
  );
});
