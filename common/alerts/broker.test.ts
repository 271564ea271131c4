import { connectAsync } from 'mqtt';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isMissing, type Server, startMosquitto } from '../../test/servers/servers';
import { newsOf } from './alert';
import { Broker } from './receivers';

const alert = { kind: 'part-away' as const, subject: 'shed/2', message: 'it is away', raised: 1_000 };
const deadline = () => AbortSignal.timeout(10_000);

describe.skipIf(isMissing('mosquitto'))('a broker', { timeout: 60_000 }, () => {
  let server: Server;
  let broker: Broker;

  beforeAll(async () => {
    server = await startMosquitto();
    broker = new Broker({ url: `mqtt://127.0.0.1:${server.port}`, topic: 'lab/alerts' });
  }, 60_000);
  afterAll(async () => {
    await broker.close();
    await server.close();
  });

  test('has how an alert stands for who comes later, also when it had been away itself', async () => {
    expect(await broker.send(newsOf('main', alert), deadline())).toBe('taken');
    await server.kill();
    await expect(broker.send(newsOf('main', alert), deadline())).rejects.toThrow();
    await server.restart();
    const resolved = newsOf('main', { ...alert, resolved: 5_000 });
    expect(await broker.send(resolved, deadline())).toBe('taken');
    const client = await connectAsync(`mqtt://127.0.0.1:${server.port}`);
    const message = new Promise((resolve) =>
      client.on('message', (topic, payload) => resolve([topic, JSON.parse(payload.toString())])),
    );
    await client.subscribeAsync('lab/alerts/#');
    expect(await message).toEqual(['lab/alerts/part-away/shed_2', resolved]);
    await client.endAsync();
  });
});
