import { expect, test } from 'vitest';
import { ascii, readResponses } from './kit.ts';

test('what is read of responses', () => {
  expect(readResponses(ascii('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nokHTTP/1.0 404\r\nContent-Length: 0\r\n\r\nHTTP/1.0 200 \r\n\r\nrest\r\n\r\nof it')).messages).toEqual([
    '1.1 100 Continue {} none ""',
    '1.1 200 OK {Content-Length=2;Content-Length=2} length "ok"',
    '1.0 404  {Content-Length=0} length ""',
    '1.0 200  {} close "rest\\r\\n\\r\\nof it"',
  ]);
});

test.each([
  ['HEAD', '200 OK', 'Content-Length: 5'],
  ['HEAD', '200 OK', 'Transfer-Encoding: chunked'],
  ['GET', '204 No Content', 'Content-Length: 5'],
  ['GET', '304 Not Modified', 'Content-Length: 5'],
  ['GET', '101 Switching Protocols', 'Content-Length: 5'],
  ['CONNECT', '200 OK', 'Content-Length: 5'],
])('7.2-4 a response to %s with %s has no body, whatever %s says', (method, status, field) => {
  expect(readResponses(ascii(`HTTP/1.1 ${status}\r\n${field}\r\n\r\nHTTP/1.1 ${status}\r\n\r\n`), method).messages).toHaveLength(2);
});

test.each([
  ['both lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n'],
  ['both, to what has no body', 'HTTP/1.1 204 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n'],
  ['a coding that is not chunked', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\n\r\n'],
  ['chunks in HTTP/1.0', 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'],
  ['a status of two digits', 'HTTP/1.1 20 OK\r\n\r\n'],
  ['a status of four digits', 'HTTP/1.1 2000 OK\r\n\r\n'],
  ['no status', 'HTTP/1.1 OK\r\n\r\n'],
  ['a status below 100', 'HTTP/1.1 099 OK\r\n\r\n'],
  ['HTTP/2', 'HTTP/2 200 OK\r\n\r\n'],
  ['a bare LF', 'HTTP/1.1 200 OK\n\r\n'],
  ['a control character in the reason', 'HTTP/1.1 200 O\x01K\r\n\r\n'],
  ['an empty line before it', '\r\nHTTP/1.1 200 OK\r\n\r\n'],
  ['obs-fold', 'HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n'],
])('7.2-4 %s is refused', (_what, bytes) => {
  for (const sizes of [[], Array<number>(bytes.length).fill(1)]) expect(readResponses(ascii(bytes), 'GET', sizes)).toMatchObject({ messages: [], refused: expect.any(String) as string });
});
