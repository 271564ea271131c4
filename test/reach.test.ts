/**
 * The page and the doors for other machines: users and TLS, by the commands that the documents give. The other machine
 * is this one by its own address in the network.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectAsync } from 'mqtt';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isThere, openBrowser, phone } from './page/chromium';
import { freePorts, type Running, repository, runSluice, until } from './running';

const address = Object.values(networkInterfaces())
  .flatMap((list) => list ?? [])
  .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;

describe.skipIf(address === undefined && !process.env.CI)('a machine with an address in a network', () => {
  let directory: string;
  let port: number;
  let running: Running;
  let key: string;
  let ca: string;

  const run = async (...parameters: string[]) => {
    const one = runSluice(...parameters);
    return { code: await one.exited, output: one.output() };
  };
  const user = (...parameters: string[]) => run('cloud', 'user', ...parameters, '--directory', directory);
  const serve = () =>
    runSluice(
      ...['serve', join(directory, 'main.json'), '--directory', directory],
      ...['--port', String(port), '--host', '0.0.0.0'],
    );
  const ask = (path: string, headers: Record<string, string> = {}) =>
    new Promise<{ status: number; location?: string | undefined; body: string }>((resolve, reject) => {
      request(`https://${address}:${port}${path}`, { ca, headers }, (answer) => {
        let body = '';
        answer.on('data', (chunk) => {
          body += chunk;
        });
        answer.on('end', () =>
          resolve({ status: answer.statusCode!, location: answer.headers.location, body }),
        );
      })
        .on('error', reject)
        .end();
    });

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sluice-reach-'));
    port = await freePorts();
    const example = await readFile(join(repository, 'docs', 'examples', 'main.json'), 'utf8');
    const machine = JSON.parse(example);
    machine.remotes[0].secret = 'of-this-test-only-81c2';
    machine.services[0].attributes.capture_dir = join(directory, 'capture');
    await writeFile(join(directory, 'main.json'), JSON.stringify(machine));
    const refused = serve();
    expect(await refused.exited).toBe(1);
    expect(refused.output()).toContain('no user is configured');
    const added = await user('add', 'anna', '--role', 'viewer');
    expect(added.code).toBe(0);
    key = added.output.trim().split('\n').at(-1)!;
    running = serve();
    await until(() => running.output().includes('To flash'), 60_000, 'everything runs');
    ca = await readFile(join(directory, 'authority.pem'), 'utf8');
  }, 120_000);
  afterAll(async () => {
    running?.child.kill('SIGKILL');
    await running?.exited;
    await rm(directory, { recursive: true, force: true });
  });

  test('shows its page to who has logged in, over TLS by its own authority', async () => {
    expect(await ask('/', { accept: 'text/html' })).toMatchObject({ status: 302, location: '/login' });
    expect((await ask('/api/state')).status).toBe(401);
    const authorization = `Bearer ${key}`;
    expect((await ask('/api/state', { authorization })).status).toBe(200);
    expect((await fetch(`http://${address}:${port}/`)).status).toBe(400);
  });

  test.skipIf(!isThere && !process.env.CI)('a browser logs in', { timeout: 60_000 }, async () => {
    const context = await openBrowser(directory, phone);
    try {
      const page = await context.newPage();
      page.setDefaultTimeout(15_000);
      await page.goto(`https://${address}:${port}/`);
      await page.fill('input[name="name"]', 'anna');
      await page.fill('input[name="key"]', 'wrong');
      await page.click('button');
      await page.getByRole('alert').getByText('do not go together').waitFor();
      await page.fill('input[name="name"]', 'anna');
      await page.fill('input[name="key"]', key);
      await page.click('button');
      await page.getByRole('heading', { name: 'esp-home' }).waitFor();
      expect(new URL(page.url()).pathname).toBe('/');
    } finally {
      await context.close();
    }
  });

  test('takes messages over MQTT with TLS, by key', async () => {
    const door = `mqtts://${address}:${port + 3}`;
    const options = { ca, reconnectPeriod: 0, username: 'board' };
    const added = await user('add', 'board', '--role', 'device', '--project', 'lab');
    const password = added.output.trim().split('\n').at(-1)!;
    await until(
      () =>
        connectAsync(door, { ...options, password }).then(
          (client) => client.endAsync().then(() => true),
          () => false,
        ),
      10_000,
      'the new user is known',
    );
    await expect(connectAsync(door, { ...options, password: key })).rejects.toThrow('Not authorized');
  });

  test('lets nobody in any more who was revoked', async () => {
    const authorization = `Bearer ${key}`;
    expect((await user('revoke', 'anna')).code).toBe(0);
    await until(
      async () => (await ask('/api/state', { authorization })).status === 401,
      5_000,
      'the key is gone',
    );
    expect((await user('list')).output).not.toContain('anna');
    expect(await readFile(join(directory, 'sluice.log'), 'utf8')).not.toContain(key);
  });
});
