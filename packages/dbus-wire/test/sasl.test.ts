import { describe, expect, test } from 'vitest';
import { SaslClient } from '../src/sasl-client.ts';
import { SaslServer } from '../src/sasl-server.ts';

const guid = '0123456789abcdef0123456789ABCDEF';

/** What a server answers, with `?` for what it asks its user, and what is left after BEGIN. */
function talk(input: string, { pieces = input.length, agrees = true } = {}): string[] {
  const server = new SaslServer();
  const said: string[] = [];
  for (let at = 0; at < input.length; at += pieces) {
    server.receive(Buffer.from(input.slice(at, at + pieces), 'latin1'));
    for (let step = server.next(); step.kind !== 'more'; step = server.next()) {
      if (step.kind === 'reply') said.push(Buffer.from(step.bytes).toString().trimEnd());
      if (step.kind === 'identify') said.push('?', Buffer.from(server.authenticated(guid)).toString().trimEnd());
      if (step.kind === 'descriptors') said.push('?', Buffer.from(server.agreed(agrees)).toString().trimEnd());
      if (step.kind === 'begun') return [...said, `rest ${Buffer.from(step.rest).toString('latin1')}${input.slice(at + pieces)}`];
    }
  }
  return said;
}

describe('the server', () => {
  test.each([1, 2, 5, 1000])('takes an honest client, in pieces of %d', (pieces) => {
    expect(talk('\0AUTH EXTERNAL 30\r\nNEGOTIATE_UNIX_FD\r\nBEGIN\r\nl\x01', { pieces })).toEqual(['?', `OK ${guid}`, '?', 'AGREE_UNIX_FD', 'rest l\x01']);
  });

  test.each([
    ['AUTH', ['REJECTED EXTERNAL']], ['AUTH ANONYMOUS', ['REJECTED EXTERNAL']], ['AUTH DBUS_COOKIE_SHA1 30', ['REJECTED EXTERNAL']], ['AUTH EXTERNALLY', ['REJECTED EXTERNAL']],
    ['AUTH EXTERNAL', ['DATA']], ['AUTH EXTERNAL \r\nDATA', ['DATA', '?', `OK ${guid}`]], ['AUTH EXTERNAL\r\nDATA 30', ['DATA', '?', `OK ${guid}`]],
    ['AUTH EXTERNAL\r\nCANCEL\r\nDATA', ['DATA', 'REJECTED EXTERNAL', 'ERROR "not expected here"']],
    ['AUTH EXTERNAL 30\r\nAUTH EXTERNAL 30', ['?', `OK ${guid}`, 'ERROR "not expected here"']],
    ['AUTH EXTERNAL 30\r\nCANCEL\r\nAUTH EXTERNAL 30', ['?', `OK ${guid}`, 'REJECTED EXTERNAL', '?', `OK ${guid}`]],
    ['NEGOTIATE_UNIX_FD', ['ERROR "not expected here"']], ['auth external 30', ['ERROR "not expected here"']], ['DATA', ['ERROR "not expected here"']], ['', ['ERROR "not expected here"']],
    ['ERROR', ['REJECTED EXTERNAL']],
  ])('answers %j', (lines, answers) => {
    expect(talk(`\0${lines}\r\n`)).toEqual(answers);
  });

  test('says ERROR when the bus takes no descriptors', () => {
    expect(talk('\0AUTH EXTERNAL 30\r\nNEGOTIATE_UNIX_FD\r\n', { agrees: false })).toEqual(['?', `OK ${guid}`, '?', 'ERROR "the bus takes no descriptors"']);
  });

  test('7.2-6 a line without end, too many lines, and bytes that no line has are violations', () => {
    for (const input of [
      'AUTH', '\0\0AUTH\r\n', '\0AUTH\r\n\0', '\0BEGIN\r\n', '\0AUTH EXTERNAL\r\nBEGIN\r\n', '\0AUTH\nX\r\n', '\0AUTH\rX\r\n', '\0AUTH \xe9\r\n', '\0AUTH\tEXTERNAL\r\n',
      `\0${'CANCEL\r\n'.repeat(33)}`, `\0${'A'.repeat(16_385)}`,
    ]) expect(() => talk(input), JSON.stringify(input.slice(0, 40))).toThrow(expect.objectContaining({ name: 'Violation' }));
    expect(talk(`\0${'A'.repeat(16_384)}\r\n`)).toHaveLength(1);
    expect(talk(`\0${'CANCEL\r\n'.repeat(32)}`)).toHaveLength(32);
  });
});

describe('the client', () => {
  const started = (): SaslClient => {
    const client = new SaslClient();
    expect(Buffer.from(client.start(1001)).toString('latin1')).toBe('\0AUTH EXTERNAL 31303031\r\n');
    return client;
  };
  const receive = (client: SaslClient, text: string) => client.receive(Buffer.from(text, 'latin1'));

  test('asks one thing after the other', () => {
    const client = started();
    expect(receive(client, 'OK 01234567')).toEqual({ kind: 'more' });
    expect(receive(client, '89abcdef0123456789ABCDEF\r\n')).toEqual({ kind: 'authenticated', guid });
    expect(Buffer.from(client.negotiate()).toString()).toBe('NEGOTIATE_UNIX_FD\r\n');
    expect(receive(client, 'AGREE_UNIX_FD\r\n')).toEqual({ kind: 'descriptors', agreed: true });
    client.negotiate();
    expect(receive(client, 'ERROR "no"\r\n')).toEqual({ kind: 'descriptors', agreed: false });
    expect(Buffer.from(client.begin()).toString()).toBe('BEGIN\r\n');
  });

  test('passes on that it is rejected', () => {
    expect(receive(started(), 'REJECTED EXTERNAL\r\n')).toEqual({ kind: 'rejected', answer: 'REJECTED EXTERNAL' });
  });

  test.each(['OK\r\n', 'OK 0123\r\n', 'DATA\r\n', 'AGREE_UNIX_FD\r\n', `OK ${guid}\r\nAGREE_UNIX_FD\r\n`, '\0', '\r\n'])('takes %j for a violation', (answer) => {
    expect(() => receive(started(), answer)).toThrow(expect.objectContaining({ name: 'Violation' }));
  });

  test('takes what was not asked for for a violation', () => {
    const client = started();
    receive(client, `OK ${guid}\r\n`);
    expect(() => receive(client, 'REJECTED EXTERNAL\r\n')).toThrow(/unasked/);
  });
});
