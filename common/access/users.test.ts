import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { checkAccess, prove } from './access';
import { type Role, rightsOf, roles } from './roles';
import { UserList } from './user-list';
import { Users } from './users';

let directory: string;
let path: string;
let now: number;
let problems: string[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sluice-users-'));
  path = join(directory, 'users.json');
  now = 0;
  problems = [];
});
afterEach(() => rmSync(directory, { recursive: true }));

const open = () => new Users({ path, now: () => now, onProblem: ({ message }) => problems.push(message) });

describe('a user', () => {
  test('is known by its key, under its name alone', async () => {
    const key = await new UserList(path).add('esp-home', 'device', ['lab']);
    const users = open();
    expect(users.prove(key)?.name).toBe('esp-home');
    expect(users.prove(key, 'esp-home')?.role).toBe('device');
    expect(users.prove(key, 'other')).toBeUndefined();
    expect(users.prove(`${key.slice(0, -1)}${key.endsWith('A') ? 'B' : 'A'}`)).toBeUndefined();
    expect(users.prove('')).toBeUndefined();
  });

  test('leaves no key in the file', async () => {
    const key = await new UserList(path).add('esp-home', 'device', ['lab']);
    const [, , secret] = /^(sluice_.{12}_)(.+)$/.exec(key)!;
    expect(readFileSync(path, 'utf8')).not.toContain(secret);
  });

  test('that is revoked is nobody half a second later, also where it was let in before', async () => {
    const list = new UserList(path);
    const key = await list.add('anna', 'viewer', ['lab']);
    await list.add('ben', 'viewer', ['lab']);
    const users = open();
    const principal = users.prove(key)!;
    await list.revoke('anna');
    now += 501;
    expect(users.prove(key)).toBeUndefined();
    expect(users.current(principal)).toBeUndefined();
    expect(users.configured).toBe(true);
  });

  test('may replace its key before the old one is revoked', async () => {
    const list = new UserList(path);
    const old = await list.add('anna', 'viewer', ['lab']);
    const next = await list.addKey('anna');
    await list.revoke('anna', 1);
    const users = open();
    expect([users.prove(old)?.name, users.prove(next)?.name]).toEqual([undefined, 'anna']);
  });

  test.each([
    ['two words', ['lab']],
    ['../x', ['lab']],
    ['anna', ['a/b']],
  ])('%j of %j is refused by name', async (name, projects) => {
    await expect(new UserList(path).add(name, 'viewer', projects)).rejects.toMatchObject({
      code: 'user-invalid',
    });
  });

  test('is not added twice', async () => {
    const list = new UserList(path);
    await list.add('anna', 'viewer', []);
    await expect(list.add('anna', 'viewer', [])).rejects.toMatchObject({ code: 'user-exists' });
    await expect(list.revoke('ben')).rejects.toMatchObject({ code: 'user-unknown' });
  });
});

describe('who may what', () => {
  // The table of docs/reference/access.md.
  const table: Record<
    Role,
    { write: boolean; foreign: boolean; read: boolean; hidden: boolean; view: boolean; operate: boolean }
  > = {
    device: { write: true, foreign: false, read: false, hidden: false, view: false, operate: false },
    service: { write: true, foreign: false, read: true, hidden: false, view: false, operate: false },
    viewer: { write: false, foreign: false, read: true, hidden: false, view: true, operate: false },
    operator: { write: true, foreign: false, read: true, hidden: false, view: true, operate: true },
  };

  test.each(roles)('a %s', async (role) => {
    const list = new UserList(path);
    const key = await list.add('one', role, ['lab']);
    await list.setPrivate('secret', true);
    const one = open().prove(key)!;
    expect({
      write: one.mayWrite('lab'),
      foreign: one.mayWrite('elsewhere'),
      read: one.mayRead('elsewhere'),
      hidden: one.mayRead('secret'),
      view: one.has('view'),
      operate: one.has('operate'),
    }).toEqual(table[role]);
    expect(Object.keys(rightsOf)).toEqual([...roles]);
  });

  test('members of a private project read it, and `*` is a member of all', async () => {
    const list = new UserList(path);
    await list.setPrivate('secret', true);
    const member = await list.add('member', 'viewer', ['secret']);
    const all = await list.add('all', 'operator', ['*']);
    const users = open();
    expect([users.prove(member)?.mayRead('secret'), users.prove(all)?.mayWrite('secret')]).toEqual([
      true,
      true,
    ]);
  });
});

describe('the file of users', () => {
  test('that is damaged while a program runs leaves those it knew', async () => {
    const key = await new UserList(path).add('anna', 'viewer', []);
    const users = open();
    writeFileSync(path, '{"version":1,');
    now += 501;
    expect(users.prove(key)?.name).toBe('anna');
    expect(problems).toEqual([`${path} is not JSON`]);
  });

  test.each([
    ['{"version":1,"users":[]}', 'users-damaged'],
    ['{"version":2}', 'users-newer-version'],
    ['[]', 'users-damaged'],
  ])('%s lets nobody start', (text, code) => {
    writeFileSync(path, text);
    expect(open).toThrow(expect.objectContaining({ code }));
  });
});

describe('a door', () => {
  test.each(['0.0.0.0', '192.168.1.5', '::', '127.example.com'])(
    'on %s needs users and TLS',
    async (host) => {
      expect(() => checkAccess({ host })).toThrow('no user is configured');
      expect(() => checkAccess({ host, users: open() })).toThrow('no user is configured');
      await new UserList(path).add('anna', 'viewer', []);
      const users = open();
      expect(() => checkAccess({ host, users })).toThrow('TLS is needed');
      expect(() => checkAccess({ host, users, insecure: true })).not.toThrow();
      expect(() => checkAccess({ host, users, tls: { certificate: '', key: '' } })).not.toThrow();
    },
  );

  test.each(['127.0.0.1', 'localhost', '::1'])('on %s is open until a user is configured', async (host) => {
    expect(() => checkAccess({ host })).not.toThrow();
    const users = open();
    expect(prove({ host, users }, undefined)?.name).toBe('anybody');
    await new UserList(path).add('anna', 'viewer', []);
    now += 501;
    expect(prove({ host, users }, undefined)).toBeUndefined();
  });
});
