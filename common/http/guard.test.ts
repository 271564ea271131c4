import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Fastify from 'fastify';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { UserList, Users } from '../access';
import { type GuardOptions, guard } from './guard';
import { LoginSessions, takeLogins } from './login';

const audited: object[] = [];
let directory: string;
let path: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sluice-guard-'));
  path = join(directory, 'users.json');
  audited.length = 0;
});
afterEach(() => rmSync(directory, { recursive: true }));

function serve(options: Partial<GuardOptions> = {}) {
  const users = new Users({ path, onProblem: () => undefined });
  const access = { host: '127.0.0.1', users };
  const server = Fastify();
  guard(server, {
    access,
    headers: { 'x-content-type-options': 'nosniff' },
    audit: (entry) => audited.push(entry),
    ...options,
  });
  server.get('/', { config: { right: 'view' } }, async ({ principal }) => `told to ${principal.name}`);
  server.get('/data', async () => 'data');
  server.post('/sync', async () => 'done');
  server.post('/pipeline', { config: { right: 'write' } }, async () => 'taken');
  return { server, access };
}

describe('without users', () => {
  test.each([
    ['localhost:8470', undefined, 200],
    ['127.0.0.1:8470', 'http://127.0.0.1:8470', 200],
    ['[::1]:8470', undefined, 200],
    ['rebound.example:8470', undefined, 403],
    ['127.example.com:8470', undefined, 403],
    ['localhost:8470', 'http://elsewhere.example', 403],
    ['localhost:8470', 'null', 403],
  ])('a request to Host %j with Origin %j gets %j', async (host, origin, status) => {
    const { server } = serve();
    const answer = await server.inject({ url: '/data', headers: { host, ...(origin && { origin }) } });
    expect(answer.statusCode).toBe(status);
  });
});

describe('with users', () => {
  test.each([
    ['device', [401, 403, 403, 403, 200]],
    ['service', [401, 403, 200, 403, 200]],
    ['viewer', [401, 200, 200, 403, 403]],
    ['operator', [401, 200, 200, 200, 200]],
  ] as const)('a %s gets what its role has, and nothing without its key', async (role, expected) => {
    const key = await new UserList(path).add('one', role, ['lab']);
    const { server } = serve();
    const headers = { authorization: `Bearer ${key}` };
    const answers = [
      await server.inject({ url: '/data' }),
      await server.inject({ url: '/', headers }),
      await server.inject({ url: '/data', headers }),
      await server.inject({ method: 'POST', url: '/sync', headers }),
      await server.inject({ method: 'POST', url: '/pipeline', headers }),
    ];
    expect(answers.map(({ statusCode }) => statusCode)).toEqual(expected);
    expect(audited).toHaveLength(expected.filter((status) => status > 200).length);
    expect(JSON.stringify(audited)).not.toContain(key);
  });

  test('a key comes as Bearer, as Token and as a password beside its name', async () => {
    const key = await new UserList(path).add('one', 'service', ['lab']);
    const { server } = serve();
    const status = async (authorization: string) =>
      (await server.inject({ url: '/data', headers: { authorization } })).statusCode;
    const basic = (name: string) => `Basic ${Buffer.from(`${name}:${key}`).toString('base64')}`;
    expect(await status(`Bearer ${key}`)).toBe(200);
    expect(await status(`Token ${key}`)).toBe(200);
    expect(await status(basic('one'))).toBe(200);
    expect(await status(basic('two'))).toBe(401);
    expect(await status(`Digest ${key}`)).toBe(401);
    expect(await status('Bearer')).toBe(401);
  });
});

describe('a page with a login', () => {
  async function page() {
    const list = new UserList(path);
    const key = await list.add('anna', 'viewer', []);
    const { access } = serve();
    const sessions = new LoginSessions(access);
    const { server } = serve({ sessions });
    takeLogins(server, sessions);
    const login = (name: string, shown: string) =>
      server.inject({
        method: 'POST',
        url: '/login',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        payload: new URLSearchParams({ name, key: shown }).toString(),
      });
    return { list, key, server, login };
  }

  test('sends a browser to it, which then comes back with a cookie', async () => {
    const { server, login, key } = await page();
    const first = await server.inject({ url: '/', headers: { accept: 'text/html' } });
    expect([first.statusCode, first.headers.location]).toEqual([302, '/login']);
    expect((await server.inject('/login')).body).toContain('<form method="post"');
    const answer = await login('anna', key);
    const [cookie] = String(answer.headers['set-cookie']).split(';');
    expect(String(answer.headers['set-cookie'])).toMatch(/HttpOnly; SameSite=Strict/);
    expect((await server.inject({ url: '/', headers: { cookie } })).body).toBe('told to anna');
    await server.inject({ method: 'POST', url: '/logout', headers: { cookie } });
    expect((await server.inject({ url: '/', headers: { cookie } })).statusCode).toBe(401);
  });

  test('lets nobody in with a wrong key, and tells nothing of it', async () => {
    const { login } = await page();
    const answer = await login('anna', 'sluice_0123456789ab_wrong');
    expect([answer.statusCode, answer.headers['set-cookie']]).toEqual([401, undefined]);
    expect(answer.body).not.toContain('sluice_0123456789ab');
  });

  test('lets no device in', async () => {
    const { list, login } = await page();
    expect((await login('board', await list.add('board', 'device', []))).statusCode).toBe(401);
  });
});
