import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { programSettings } from './program-settings';

let directory: string;
let file: string;
const write = (settings: unknown) => writeFileSync(file, JSON.stringify(settings));

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sluice-settings-'));
  file = join(directory, 'settings.json');
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(directory, { recursive: true });
});

test('has a default for everything but the configuration', () => {
  const settings = programSettings({ configuration: 'machine.json' }, undefined);
  expect(settings).toMatchObject({
    name: 'main',
    port: 8470,
    host: '127.0.0.1',
    cloud: 'http://127.0.0.1:8472',
  });
  expect(() => programSettings({}, undefined)).toThrow(
    /^no configuration is given: the machine's, as a path$/,
  );
});

test('takes a flag before the environment, and the environment before the file', () => {
  write({ configuration: 'machine.json', port: 9000, name: 'shed', cloudKey: 'of the file' });
  vi.stubEnv('SLUICE_CLOUD_KEY', 'of the environment');
  expect(programSettings({ port: '9100' }, file)).toMatchObject({
    port: 9100,
    name: 'shed',
    cloudKey: 'of the environment',
  });
});

test.each([
  [{ configuration: 'm', prot: 1 }, /settings\.json: Unrecognized key: "prot"/],
  [{ configuration: 'm', port: 70_000 }, /settings\.json: port: /],
  [{ configuration: 'm', cloud: 'cloud.example' }, /settings\.json: cloud: is no http: or https: URL/],
  [[], /settings\.json: is no JSON object/],
])('refuses %j by a sentence that names file and setting', (settings, sentence) => {
  write(settings);
  expect(() => programSettings({}, file)).toThrow(sentence);
});

test('refuses a file that is not there, or no JSON, by its name', () => {
  expect(() => programSettings({}, file)).toThrow(expect.objectContaining({ code: 'ENOENT', path: file }));
  writeFileSync(file, '{');
  expect(() => programSettings({}, file)).toThrow(/settings\.json: .*JSON/);
});
