import { Code, type ConnectError } from '@connectrpc/connect';
import { expect, test } from 'vitest';
import { Gate, type User } from './gate';

const lifetime = 1_000;
const ada: User = { type: 'api-key', entity: 'ada', payload: 'her-key' };
const shown = { entity: 'ada', type: 'api-key', payload: 'her-key' };

function gateOf(users: User[]) {
  const time = { wall: 0 };
  return {
    gate: new Gate({ users: () => users, wall: () => time.wall, lifetime }),
    time,
    users,
  };
}

/** Code and message of what is thrown. */
function refusal(action: () => unknown): [Code, string] | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    const { code, rawMessage } = error as ConnectError;
    return [code, rawMessage];
  }
}

test('gives a token for a key, and lets in who shows it', () => {
  const { gate } = gateOf([ada]);
  expect(refusal(() => gate.check(`Bearer ${gate.authenticate(shown)}`))).toBeUndefined();
});

test.each([
  { ...shown, payload: 'another' },
  { ...shown, entity: 'eve' },
  { ...shown, type: 'robot-secret' },
  { entity: '', type: 'api-key', payload: '' },
])('refuses %o', (wrong) => {
  const { gate } = gateOf([ada]);
  expect(refusal(() => gate.authenticate(wrong))).toEqual([Code.Unauthenticated, 'invalid credentials']);
});

test('takes a location secret of whoever shows it', () => {
  const { gate } = gateOf([{ type: 'robot-location-secret', payload: 'of-all' }]);
  for (const type of ['robot-secret', 'robot-location-secret'])
    expect(gate.authenticate({ entity: 'x', type, payload: 'of-all' })).toMatch(/\./);
});

test('knows no other kind of credentials', () => {
  const { gate } = gateOf([]);
  expect(refusal(() => gate.authenticate({ ...shown, type: 'oauth' }))).toEqual([
    Code.InvalidArgument,
    'do not know how to handle credential type "oauth"',
  ]);
});

test('asks for a token, and for one in the form of one', () => {
  const { gate } = gateOf([ada]);
  expect(refusal(() => gate.check(null))).toEqual([Code.Unauthenticated, 'authentication required']);
  expect(refusal(() => gate.check('Basic x'))?.[1]).toContain('Bearer');
  for (const made of ['', 'x', 'x.y', 'e30.']) {
    expect(refusal(() => gate.check(`Bearer ${made}`))?.[0]).toBe(Code.Unauthenticated);
  }
});

test('a token of another claim is of nobody', () => {
  const { gate } = gateOf([ada]);
  const [, signature] = gate.authenticate(shown).split('.');
  const claims = Buffer.from(JSON.stringify({ sub: 'ada', exp: 1e15 })).toString('base64url');
  expect(refusal(() => gate.check(`Bearer ${claims}.${signature}`))?.[0]).toBe(Code.Unauthenticated);
});

test('a token ends with its user, with his key, and with its time', () => {
  const { gate, users, time } = gateOf([ada, { type: 'api-key', entity: 'eve', payload: 'k' }]);
  const token = `Bearer ${gate.authenticate(shown)}`;
  users[0] = { ...ada, payload: 'a-new-key' };
  expect(refusal(() => gate.check(token))?.[0]).toBe(Code.Unauthenticated);
  users[0] = ada;
  expect(refusal(() => gate.check(token))).toBeUndefined();
  time.wall = lifetime + 1;
  expect(refusal(() => gate.check(token))?.[1]).toContain('expired');
});

test('a token outlives the gateway', () => {
  const token = `Bearer ${gateOf([ada]).gate.authenticate(shown)}`;
  expect(refusal(() => gateOf([ada]).gate.check(token))).toBeUndefined();
});

test('without users everybody is let in, and any key is taken', () => {
  const { gate } = gateOf([]);
  expect(gate.authenticate({ ...shown, payload: 'whatever' })).toMatch(/\./);
  expect(refusal(() => gate.check(null))).toBeUndefined();
  expect(refusal(() => gate.check('Bearer of-yesterday'))).toBeUndefined();
});

test('knows the users of the program too, and ends their tokens with them', () => {
  const known: User[] = [];
  const more = { configured: true, find: (entity: string) => known.filter((each) => each.entity === entity) };
  const gate = new Gate({ users: () => [], more, wall: () => 0, lifetime });
  const anna = { entity: 'anna', type: 'api-key', payload: 'sluice_key' };
  expect(refusal(() => gate.authenticate(anna))?.[0]).toBe(Code.Unauthenticated);
  known.push({
    type: 'api-key',
    entity: 'anna',
    payload: 'its hash',
    fits: (key) => key === 'sluice_key',
    readOnly: true,
  });
  expect(refusal(() => gate.authenticate({ ...anna, payload: 'its hash' }))?.[0]).toBe(Code.Unauthenticated);
  const token = gate.authenticate(anna);
  expect(gate.check(`Bearer ${token}`)?.readOnly).toBe(true);
  known.pop();
  expect(refusal(() => gate.check(`Bearer ${token}`))?.[0]).toBe(Code.Unauthenticated);
});
