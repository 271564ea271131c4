import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { parseConfiguration } from '../../cloud/configuration';
import { checkFiles } from './check';

const folder = mkdtempSync(join(tmpdir(), 'sluice-check-'));
afterAll(() => rmSync(folder, { recursive: true }));

function check(content: unknown, name = 'cloud.json') {
  const file = join(folder, name);
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return checkFiles([file], { chip: 'esp32', partition: 1 << 20 }).findings;
}

const lines = (content: unknown) => check(content).map(({ path, message }) => `${path}: ${message}`);

describe('a cloud’s configuration', () => {
  const wrong = [
    { time_zone: 'Berlin', limit_gb: 0.1 },
    { projects: { plant: { raw: 'csv' } }, broker: { url: 'http://broker.example' } },
    { objects: { access_key_id: 7 }, influxdb: { url: 'http://influxdb.example' } },
    { influxdb: { version: 2, url: 'http://influxdb.example', organization: 'lab' } },
    { mongodb: 'mongodb://localhost', functions: {} },
  ];

  test.each(wrong)('is told all that serve and cloud would say: %j', (content) => {
    let said = '';
    try {
      parseConfiguration(JSON.stringify(content), 'cloud.json');
    } catch (error) {
      said = (error as Error).message;
    }
    expect(said).not.toBe('');
    expect(lines(content).map((line) => `cloud.json: ${line}`)).toEqual(said.split('\n'));
    for (const { severity } of check(content)) expect(severity).toBe('error');
  });

  test('is told what was meant', () => {
    expect(lines({ influxdb: { version: 1, url: 'http://x.example', usrname: 'u' } })).toEqual([
      'influxdb.usrname: is none of version, url, username, password, organization, token; is "username" meant?',
    ]);
  });

  test('names the authority’s file that is not there', () => {
    expect(lines({ broker: { url: 'mqtts://broker.example', authority: join(folder, 'ca.pem') } })).toEqual([
      `broker.authority: ${join(folder, 'ca.pem')}: there is no such file`,
    ]);
  });

  test('names a secret that is an example’s', () => {
    const [found] = check({ objects: { access_key_id: 'k', secret_access_key: '…' } });
    expect(found).toMatchObject({ severity: 'warning', code: 'placeholder-secret' });
  });

  test('is told from a machine’s by what it has, whatever it is called', () => {
    expect(check({ time_zone: 'Berlin' }, 'plant.json')[0]).toMatchObject({ code: 'bad-value' });
    expect(check({ components: [], time_zone: 'Berlin' }, 'plant.json')[0]).not.toMatchObject({
      code: 'bad-value',
    });
  });

  test.each([
    ['{\n  "limit_gb": 1,\n}', 'line 3, column 1'],
    ['{ // two\n "limit_gb": 2 }', 'line 1, column 3'],
    ['{ "limit_gb": 2', 'line 1, column 16'],
  ])('is JSON without more: %j', (text, place) => {
    expect(() => parseConfiguration(text, 'cloud.json')).toThrow('is not JSON');
    const { code, message } = check(text)[0]!;
    expect([code, message]).toEqual(['json-syntax', expect.stringContaining(place)]);
  });

  test('is right as the cloud’s README has it, but for its secrets and files', () => {
    const readme = readFileSync(join(import.meta.dirname, '../../cloud/README.md'), 'utf8');
    const [, example] = /```json\n(\{[^`]+\})\n```/.exec(readme)!;
    const found = check(example!);
    expect(found.filter(({ code }) => code !== 'placeholder-secret')).toEqual([
      expect.objectContaining({ code: 'cannot-read', path: 'broker.authority' }),
    ]);
  });

  test('may begin with a mark of its encoding', () => {
    expect(check('\ufeff{"limit_gb": 1}')).toEqual([]);
    expect(parseConfiguration('\ufeff{"limit_gb": 1}', 'cloud.json').dayBytes).toBeGreaterThan(0);
  });
});

describe('what a main part captures itself', () => {
  const main = (components: object[], services: object[] = []) =>
    check({ components, services, remotes: [{ name: 'attic', secret: 'of-the-attic-1c2d' }] }, 'main.json');

  test('is of a model that runs there', () => {
    const found = main(
      [
        { name: 'door', type: 'camera', model: 'webcm' },
        { name: 'load', type: 'sensor', model: 'system', attributes: { intervall: 1 } },
        { name: 'arm', type: 'arm', model: 'fake' },
      ],
      [{ name: 'eyes', type: 'vision', model: 'viam:vision:mlmodel' }],
    );
    expect(found.map(({ code, path }) => [code, path])).toEqual([
      ['unknown-model', 'components[0].model'],
      ['unknown-attribute', 'components[1].attributes.intervall'],
      ['unknown-model', 'services[0].model'],
    ]);
    expect(found[0]!.message).toContain('is "webcam" meant?');
  });
});
