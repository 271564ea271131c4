import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectAsync } from 'mqtt';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Cloud } from './cloud';

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
