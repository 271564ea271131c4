import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectAsync } from 'mqtt';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkAccess, refuse } from './access';
import { Cloud } from './cloud';

describe('a door', () => {
  it.each(['0.0.0.0', '192.168.1.5', '::'])('on %s needs a key', (host) => {
    expect(() => checkAccess({ host })).toThrow('a key is required');
    expect(() => checkAccess({ host, key: 'k' })).not.toThrow();
  });

  it.each(['127.0.0.1', 'localhost', '::1'])('on %s needs none', (host) => {
    expect(() => checkAccess({ host })).not.toThrow();
  });

  const local = { host: '127.0.0.1' };
  it.each([
    ['localhost:8470', undefined, undefined],
    ['127.0.0.1:8470', 'http://127.0.0.1:8470', undefined],
    ['[::1]:8470', undefined, undefined],
    ['rebound.example:8470', undefined, 403],
    ['localhost:8470', 'http://elsewhere.example', 403],
    ['localhost:8470', 'null', 403],
    ['', undefined, 403],
  ])('without a key, asked as Host %j with Origin %j, answers %j', (host, origin, status) => {
    expect(refuse(local, { host, origin })?.status).toBe(status);
  });
});

describe('a cloud with a key', () => {
  let directory: string;
  let cloud: Cloud;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sluice-access-'));
    const access = { host: '127.0.0.1', key: 'right' };
    cloud = await Cloud.start({
      directory,
      httpPort: 0,
      mqttPort: 0,
      log: pino({ level: 'silent' }),
      access,
    });
  });
  afterEach(async () => {
    await cloud.close();
    await rm(directory, { recursive: true });
  });

  it.each([
    [undefined, 401],
    ['Bearer wrong', 401],
    ['Bearer right', 200],
  ])('answers %j with %i', async (authorization, status) => {
    const headers = authorization ? { authorization } : undefined;
    const response = await fetch(`http://127.0.0.1:${cloud.httpPort}/healthz`, { headers });
    expect(response.status).toBe(status);
  });

  it('takes MQTT clients with the password only', async () => {
    const address = `mqtt://127.0.0.1:${cloud.mqttPort}`;
    const options = { username: 'any', reconnectPeriod: 0 };
    await expect(connectAsync(address, { ...options, password: 'wrong' })).rejects.toThrow();
    const client = await connectAsync(address, { ...options, password: 'right' });
    await client.endAsync();
  });
});
