import { describe, expect, test } from 'vitest';
import { parseConfiguration } from './configuration';
import { fixedBytes } from './stores/disk-shares';

const parse = (content: unknown) => parseConfiguration(JSON.stringify(content), 'cloud.json');

describe('the cloud’s configuration', () => {
  test('may say nothing', () => {
    expect(parse({})).toEqual({ rawAsJson: [] });
  });

  test('becomes the options of a cloud', () => {
    const objects = { endpoint: 'http://127.0.0.1:9000', access_key_id: 'k', secret_access_key: 's' };
    expect(
      parse({
        time_zone: 'Europe/Berlin',
        projects: { plant: { raw: 'json' }, other: { raw: 'blocks' }, third: {} },
        broker: { url: 'mqtts://broker.example:8883', username: 'u', client_id: 'c', share: 's' },
        objects,
        functions: { url: 'http://127.0.0.1:8080' },
        influxdb: { version: 2, url: 'http://127.0.0.1:8086', organization: 'lab', token: 't' },
        mongodb: { url: 'mongodb://127.0.0.1', database: 'd' },
      }),
    ).toEqual({
      timeZone: 'Europe/Berlin',
      rawAsJson: ['plant'],
      broker: { url: 'mqtts://broker.example:8883', username: 'u', clientId: 'c', share: 's' },
      objects: {
        endpoint: 'http://127.0.0.1:9000',
        region: 'us-east-1',
        accessKeyId: 'k',
        secretAccessKey: 's',
        data: 'data',
        metadata: 'metadata',
      },
      functions: { url: 'http://127.0.0.1:8080' },
      influxdb: { version: 2, url: 'http://127.0.0.1:8086', organization: 'lab', token: 't' },
      mongodb: { url: 'mongodb://127.0.0.1', database: 'd', collection: 'messages' },
    });
  });

  test('shares what all may take, the parts of fixed size included', () => {
    for (const limit of [0.5, 1, 20]) {
      const { inboxBytes, seriesBytes, dayBytes } = parse({ limit_gb: limit });
      const shared = [inboxBytes!, seriesBytes!, dayBytes!];
      expect(shared.reduce((sum, bytes) => sum + bytes, fixedBytes)).toBeCloseTo(limit * 1e9, 0);
      for (const bytes of shared) expect(bytes).toBeGreaterThanOrEqual(50e6);
    }
    expect(() => parse({ limit_gb: 0.1 })).toThrow('cloud.json: limit_gb: ');
  });

  test('names every place that is wrong', () => {
    const wrong = {
      time_zone: 'Berlin',
      projects: { plant: { raw: 'csv' } },
      broker: { url: 'http://x' },
      objects: { access_key_id: 7 },
      influxdb: { version: 2, url: 'http://x', organization: 'lab' },
      mongodb: { url: 'http://x', database: 'd' },
      colour: 'red',
    };
    const places = [
      'time_zone',
      'projects.plant.raw',
      'broker.url',
      'objects.access_key_id',
      'influxdb.token',
      'mongodb.url',
      'colour',
    ];
    for (const place of places) expect(() => parse(wrong)).toThrow(place);
  });

  test('wants a session of its own for each of those that share a broker’s messages', () => {
    const broker = { url: 'mqtt://broker.example', share: 'clouds' };
    expect(() => parse({ broker })).toThrow('cloud.json: broker.client_id: is missing');
    expect(() => parse({ broker: { ...broker, share: 'a/b', client_id: 'c' } })).toThrow('broker.share');
  });

  test('says what is no JSON', () => {
    expect(() => parseConfiguration('{', 'cloud.json')).toThrow('cloud.json is not JSON');
  });
});
