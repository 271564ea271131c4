import { mkdtemp, rm } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Role, UserList, Users } from '@sluice/common/access';
import { openAuthority } from '@sluice/common/tls';
import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Cloud } from './cloud';

const message = (appId: string) =>
  JSON.stringify({ app_id: appId, dev_id: 'd1', time: 1_700_000_000_000, payload_fields: { x: 1 } });

describe('a cloud with users', () => {
  let directory: string;
  let cloud: Cloud;
  let list: UserList;
  const keys = {} as Record<Role | 'foreign' | 'revoked', string>;
  const open: MqttClient[] = [];
  const log: Record<string, unknown>[] = [];

  beforeEach(async () => {
    log.length = 0;
    directory = await mkdtemp(join(tmpdir(), 'sluice-access-'));
    const path = join(directory, 'users.json');
    list = new UserList(path);
    for (const role of ['device', 'service', 'viewer', 'operator'] as const)
      keys[role] = await list.add(role, role, ['lab']);
    keys.foreign = await list.add('foreign', 'service', ['elsewhere']);
    keys.revoked = await list.add('revoked', 'operator', ['lab']);
    await list.revoke('revoked');
    await list.setPrivate('lab', true);
    cloud = await Cloud.start({
      directory,
      httpPort: 0,
      mqttPort: 0,
      log: pino({}, { write: (line: string) => void log.push(JSON.parse(line)) }),
      access: { host: '127.0.0.1', users: new Users({ path, onProblem: () => undefined }) },
    });
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((client) => client.endAsync(true)));
    await cloud.close();
    await rm(directory, { recursive: true });
  });

  const ask = (path: string, key?: string, init: RequestInit = {}) =>
    fetch(`http://127.0.0.1:${cloud.httpPort}${path}`, {
      ...init,
      headers: { ...init.headers, ...(key && { authorization: `Bearer ${key}` }) },
    });
  const connect = async (key: string | undefined, options: IClientOptions = {}) => {
    const password = key === undefined ? {} : { username: '', password: key };
    const client = await connectAsync(`mqtt://127.0.0.1:${cloud.mqttPort}`, {
      reconnectPeriod: 0,
      ...password,
      ...options,
    });
    open.push(client);
    return client;
  };

  test.each([
    // who, asks, writes its own, writes another's, operates
    ['nobody', undefined, [401, 401, 401, 401]],
    ['a wrong key', 'sluice_0123456789ab_0123456789012345678901234567890123456789012', [401, 401, 401, 401]],
    ['a revoked key', 'revoked', [401, 401, 401, 401]],
    ['a device', 'device', [403, 200, 403, 403]],
    ['a service', 'service', [200, 200, 403, 403]],
    ['a viewer', 'viewer', [200, 403, 403, 403]],
    ['an operator', 'operator', [200, 200, 403, 200]],
    ['a service of another project', 'foreign', [200, 403, 200, 403]],
  ] as const)('gives %s what it may have', async (_who, name, expected) => {
    const key = name === undefined ? undefined : (keys[name as keyof typeof keys] ?? name);
    const post = (appId: string) => ask('/pipeline', key, { method: 'POST', body: message(appId) });
    const answers = [
      await ask('/raw', key),
      await post('lab'),
      await post('elsewhere'),
      await ask('/dead-letters/raw-files', key),
    ];
    expect(answers.map(({ status }) => status)).toEqual(expected);
    for (const answer of answers) if (answer.status > 400) expect((await answer.json()).error).toBeTruthy();
    if (key !== undefined) expect(JSON.stringify(log)).not.toContain(key);
  });

  test('names who was refused what in its log', async () => {
    await ask('/dead-letters/raw-files', keys.device);
    expect(log).toContainEqual(
      expect.objectContaining({
        msg: 'a door refused',
        status: 403,
        name: 'device',
        path: '/dead-letters/raw-files',
      }),
    );
  });

  test('tells nobody else of a private project', async () => {
    await ask('/pipeline/lab/d1', keys.device, { method: 'POST', body: message('lab') });
    expect(await cloud.caughtUp(5_000)).toBe(true);
    const [day] = (await (await ask('/raw', keys.viewer)).json()) as { date: string }[];
    expect(await (await ask('/raw', keys.foreign)).json()).toEqual([]);
    const path = `/raw/lab/d1/${day!.date}`;
    expect((await ask(path, keys.foreign)).status).toBe(403);
    expect((await ask(path, keys.viewer)).status).toBe(200);
  });

  test('refuses requests that another web page made a browser send', async () => {
    const answer = await ask('/raw', keys.viewer, { headers: { origin: 'http://elsewhere.example' } });
    expect(answer.status).toBe(403);
  });

  test('lets MQTT clients in by their keys alone, under their own names', async () => {
    await expect(connect(undefined)).rejects.toThrow('Not authorized');
    await expect(connect(keys.revoked)).rejects.toThrow('Not authorized');
    await expect(connect(keys.device, { username: 'service' })).rejects.toThrow('Not authorized');
    await connect(keys.device, { username: 'device' });
    await connect(keys.device);
  });

  test('takes over MQTT what belongs to a project of the sender, and nothing else', async () => {
    const device = await connect(keys.device);
    await device.publishAsync('pipeline/lab/d1', message('lab'), { qos: 1 });
    expect(cloud.counters.stored).toBe(1);
    const closed = new Promise<void>((resolve) => device.once('close', () => resolve()));
    device.publish('pipeline/elsewhere/d1', message('elsewhere'), { qos: 1 });
    await closed;
    expect(cloud.counters.stored).toBe(1);
    expect(log).toContainEqual(
      expect.objectContaining({ refused: 'publish', topic: 'pipeline/elsewhere/d1' }),
    );
  });

  test('a viewer publishes nothing, a device subscribes to nothing', async () => {
    const device = await connect(keys.device);
    const [granted] = await device.subscribeAsync('pipeline/#').catch(() => [{ qos: 128 }]);
    expect(granted?.qos).toBe(128);
    const viewer = await connect(keys.viewer);
    const closed = new Promise<void>((resolve) => viewer.once('close', () => resolve()));
    viewer.publish('pipeline/lab/d1', message('lab'), { qos: 1 });
    await closed;
    expect(cloud.counters.stored).toBe(0);
  });

  test('of a wildcard one hears what one may hear', async () => {
    const heard: string[] = [];
    for (const name of ['viewer', 'foreign'] as const) {
      const client = await connect(keys[name]);
      client.on('message', (topic) => heard.push(`${name} ${topic}`));
      await client.subscribeAsync('#', { qos: 1 });
    }
    await (await connect(keys.device)).publishAsync('pipeline/lab/d1', message('lab'), { qos: 1 });
    await (await connect(keys.foreign)).publishAsync('pipeline/elsewhere/d1', message('elsewhere'), {
      qos: 1,
    });
    await expect
      .poll(() => [...heard].sort(), { timeout: 5_000 })
      .toEqual(['foreign pipeline/elsewhere/d1', 'viewer pipeline/elsewhere/d1', 'viewer pipeline/lab/d1']);
  });

  test('a user who is revoked while connected sends and hears nothing more', async () => {
    const device = await connect(keys.device);
    await list.revoke('device');
    await new Promise((resolve) => setTimeout(resolve, 600));
    const closed = new Promise<void>((resolve) => device.once('close', () => resolve()));
    device.publish('pipeline/lab/d1', message('lab'), { qos: 1 });
    await closed;
    expect(cloud.counters.stored).toBe(0);
  });
});

/** What a connection in plain text is told until it is closed. */
function answerTo(port: number, text: string): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = createConnection(port, '127.0.0.1', () => socket.write(text));
    socket.on('data', (chunk) => {
      answer += chunk.filter((byte) => byte >= 0x20 && byte < 0x7f).toString();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(answer));
  });
}

describe('a cloud for the network', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sluice-access-'));
  });
  afterEach(() => rm(directory, { recursive: true }));

  test('speaks TLS alone, with users alone', async () => {
    const path = join(directory, 'users.json');
    const options = { directory, httpPort: 0, mqttPort: 0, log: pino({ level: 'silent' }) };
    const users = new Users({ path, onProblem: () => undefined });
    await expect(Cloud.start({ ...options, access: { host: '0.0.0.0', users } })).rejects.toThrow('no user');
    const key = await new UserList(path).add('anna', 'viewer', ['lab']);
    const { certificate, key: privateKey, authority } = await openAuthority(directory);
    const access = { host: '0.0.0.0', users: new Users({ path, onProblem: () => undefined }) };
    await expect(Cloud.start({ ...options, access })).rejects.toThrow('TLS is needed');
    const cloud = await Cloud.start({
      ...options,
      access: { ...access, tls: { certificate, key: privateKey } },
    });
    try {
      expect((await fetch(`http://127.0.0.1:${cloud.httpPort}/raw`)).status).toBe(400);
      expect(await answerTo(cloud.mqttPort, 'a CONNECT in plain text')).toBe('');
      const client = await connectAsync(`mqtts://localhost:${cloud.mqttPort}`, {
        reconnectPeriod: 0,
        ca: authority.pem,
        username: 'anna',
        password: key,
      });
      await client.endAsync();
      expect((await fetch(`${cloud.innerAddress}/raw`)).status).toBe(401);
      const own = access.users.keyOfOwn({ name: 'gateway', role: 'device', projects: ['lab'] });
      const answer = await fetch(`${cloud.innerAddress}/pipeline`, {
        method: 'POST',
        body: message('lab'),
        headers: { authorization: `Bearer ${own}` },
      });
      expect(answer.status).toBe(200);
    } finally {
      await cloud.close();
    }
  });
});
