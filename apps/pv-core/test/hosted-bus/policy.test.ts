/** The generated policy, as a real dbus-daemon enforces it. */
import { readFileSync } from 'node:fs';
import { waitFor } from '@pv/testkit/wait-for';
import { describe, expect, it } from 'vitest';
import { BusPeer } from '../kit/bus-peer.ts';
import { hostedRevision, runBus } from '../kit/hosted.ts';

const name = 'org.pantavisor.Example';
const other = 'org.pantavisor.Other';
const owned = { [name]: ['example-service', ['operator', 'monitor']], [other]: ['other-service', ['keeper']] } as const;
const bus = () => runBus(hostedRevision(owned, ['operator', 'stranger']));

describe('names', () => {
  it('7.1-12 are owned by the role of their owner, and by nobody else', async () => {
    const { join } = await bus();
    expect(await (await join('example-service')).bus('RequestName', name, 0)).toBe('ok');
    expect(await (await join('operator')).bus('RequestName', name, 0)).toBe('AccessDenied');
    expect(await (await join('operator')).bus('RequestName', 'org.any.Name', 0)).toBe('AccessDenied');
    expect(await (await join('example-service')).bus('RequestName', other, 0)).toBe('AccessDenied');
  });

  it('7.2-10 are not come by through the queue', async () => {
    const { join, owner } = await bus();
    const [first, thief] = [await owner('example-service', name), await join('operator')];
    const [allowReplacement, replace] = [1, 2];
    expect(await first.bus('RequestName', name, allowReplacement)).toBe('ok');
    for (const flags of [0, replace]) expect(await thief.bus('RequestName', name, flags)).toBe('AccessDenied');
    expect(await first.bus('ReleaseName', name)).toBe('ok');
    expect(await thief.bus('GetNameOwner', name)).toBe('NameHasNoOwner');
  });
});

describe('calls', () => {
  it('7.1-12 of allowed roles are answered, also by way of the unique name', async () => {
    const { join, owner } = await bus();
    const service = await owner('example-service', name);
    for (const role of ['operator', 'monitor']) {
      const client = await join(role);
      expect(await client.call(name, 'GetInfo')).toBe('GetInfo');
      expect(await client.call(service.unique, 'GetInfo')).toBe('GetInfo');
    }
  });

  it('7.2-10 of a role that is only in a requirement get AccessDenied, not the end of the connection', async () => {
    const { join, owner } = await bus();
    const [service, stranger] = [await owner('example-service', name), await join('stranger')];
    expect(await stranger.call(name, 'GetInfo')).toBe('AccessDenied');
    expect(await stranger.call(service.unique, 'GetInfo')).toBe('AccessDenied');
    expect(await stranger.bus('ListNames')).toBe('ok');
    expect(service.members('call')).toEqual([]);
  });

  it('between callers, and of owners at names that are closed to them, are denied', async () => {
    const { join, owner } = await bus();
    const [operator, monitor] = [await join('operator'), await join('monitor')];
    expect(await operator.call(monitor.unique, 'X')).toBe('AccessDenied');
    const [service, neighbour] = [await owner('example-service', name), await owner('other-service', other)];
    for (const destination of [other, neighbour.unique]) expect(await service.call(destination, 'X')).toBe('AccessDenied');
  });

  it('7.2-10 do not reach a closed name by pretending to be a reply', async () => {
    const { owner } = await runBus(hostedRevision({ [name]: ['example-service', ['other-service']], [other]: ['other-service', ['keeper']] }, ['keeper']));
    const [service, neighbour] = [await owner('example-service', name), await owner('other-service', other)];
    const forged = service.callBackAsReply('X');
    // Never answered: the bus takes what is forged for the reply.
    neighbour.call(name, 'GetInfo').catch(() => undefined);
    expect(await forged).toBe('AccessDenied');
    expect(neighbour.members('call')).toEqual([]);
  });

  it('7.2-10 of an owner back to the unique name of a caller work; of others to it do not', async () => {
    const { join, owner } = await bus();
    const [service, neighbour] = [await owner('example-service', name), await owner('other-service', other)];
    const [operator, stranger] = [await join('operator'), await join('stranger')];
    expect(await service.call(operator.unique, 'Callback')).toBe('Callback');
    expect(await neighbour.call(operator.unique, 'Callback')).toBe('AccessDenied');
    expect(await service.call(stranger.unique, 'Callback')).toBe('AccessDenied');
  });

  it('are open to every role with "any"', async () => {
    const { join, owner } = await runBus(hostedRevision({ [name]: ['example-service', ['any']], [other]: ['other-service', []] }, ['stranger']));
    const [service, stranger, neighbour] = [await owner('example-service', name), await join('stranger'), await owner('other-service', other)];
    expect(await stranger.call(name, 'GetInfo')).toBe('GetInfo');
    expect(await neighbour.call(name, 'GetInfo')).toBe('GetInfo');
    expect(await service.call(stranger.unique, 'Callback')).toBe('Callback');
  });
});

it('7.2-10 signals: those of an owner reach whom it allows; nobody else can send any to anybody', async () => {
  const { join, owner } = await bus();
  const [service, neighbour] = [await owner('example-service', name), await owner('other-service', other)];
  const [operator, stranger, keeper] = [await join('operator'), await join('stranger'), await join('keeper')];
  const everybody = [service, neighbour, operator, stranger, keeper];
  for (const peer of everybody) expect(await peer.bus('AddMatch', "type='signal',interface='org.x.I'")).toBe('ok');
  const unowned = await join('example-service');
  for (const [peer, spam] of [[operator, 'FromOperator'], [stranger, 'FromStranger'], [neighbour, 'FromNeighbour'], [unowned, 'FromUnowned']] as const) {
    peer.signal(spam);
    for (const { unique } of everybody) peer.signal(spam, unique);
  }
  service.signal('ToAll');
  service.signal('ToOne', operator.unique);
  service.signal('ToStranger', stranger.unique);
  // A bus keeps the order of each sender, and answers after what went before.
  for (const peer of [...everybody, unowned]) expect(await peer.bus('GetId')).toBe('ok');
  await waitFor(() => operator.members('signal').length >= 2, { what: 'the signals' });
  for (const peer of everybody) expect(await peer.bus('GetId')).toBe('ok');
  expect(operator.members('signal')).toEqual(['ToAll', 'ToOne']);
  expect(stranger.members('signal')).toEqual([]);
  expect(keeper.members('signal')).toEqual(['FromNeighbour', 'FromNeighbour']);
  expect(neighbour.members('signal')).toEqual(['FromNeighbour', 'FromNeighbour']);
  expect(service.members('signal')).toEqual(['ToAll']);
});

describe('the bus itself', () => {
  it.each([
    ['BecomeMonitor', 'org.freedesktop.DBus.Monitoring'], ['GetStats', 'org.freedesktop.DBus.Debug.Stats'], ['EnableVerbose', 'org.freedesktop.DBus.Verbose'],
  ])('denies %s to everybody, root too', async (member, iface) => {
    const { places, uid } = await bus();
    for (const id of [uid('example-service'), uid('operator'), 0]) expect(await (await BusPeer.join(places.hostedBus.socket, id)).busOn(iface, member)).toBe('AccessDenied');
  });

  it('denies UpdateActivationEnvironment, and an eavesdropper hears nothing', async () => {
    const { join, owner } = await bus();
    const [service, operator, stranger] = [await owner('example-service', name), await join('operator'), await join('stranger')];
    expect(await service.bus('UpdateActivationEnvironment')).toBe('AccessDenied');
    await stranger.bus('AddMatch', "eavesdrop='true'");
    expect(await operator.call(name, 'Secret')).toBe('Secret');
    service.signal('Secret', operator.unique);
    await service.bus('GetId');
    await stranger.bus('GetId');
    expect([...stranger.members('call'), ...stranger.members('signal')]).toEqual([]);
  });

  it('runs as its own user, without any right', async () => {
    const { pid, join } = await bus();
    // It answers nobody before.
    await join('operator');
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    expect(status).toMatch(/^Uid:\s+65412\s+65412\s+65412\s+65412$/m);
    expect(status).toMatch(/^CapEff:\s+0+$/m);
    expect(status).toMatch(/^NoNewPrivs:\s+1$/m);
  });

  it('ends the connection that sends more than a message may have', async () => {
    const { join, owner } = await bus();
    const [service, operator] = [await owner('example-service', name), await join('operator')];
    await expect(operator.bus('AddMatch', 'x'.repeat(2 * 1024 * 1024))).rejects.toThrow('closed the connection');
    expect(await service.bus('GetId')).toBe('ok');
  });

  it('does not know a user that is no role', async () => {
    const { places } = await bus();
    await expect(BusPeer.join(places.hostedBus.socket, 91_234)).rejects.toThrow('closed the connection');
  });

  it('limits the connections of one role, and not those of others', async () => {
    const { join } = await bus();
    for (let count = 0; count < 64; count++) await join('operator');
    await expect(join('operator')).rejects.toThrow('LimitsExceeded');
    await join('stranger');
  });
});

it('7.2-10 a hundred roles', async () => {
  const roles = Array.from({ length: 100 }, (_, index) => `role-${index}`);
  const { join, owner } = await runBus(hostedRevision({ [name]: ['example-service', roles.slice(0, 99)] }, roles));
  await owner('example-service', name);
  for (const role of roles) expect(await (await join(role)).call(name, 'GetInfo')).toBe(role === 'role-99' ? 'AccessDenied' : 'GetInfo');
});
