import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { constant } from '../../host-sim/signals';
import { ResourceDevice } from './test-device.node';

const here = fileURLToPath(new URL('.', import.meta.url));
const guide = readFileSync(join(here, '../../docs/add-a-sensor.md'), 'utf8');
const place = join(here, '../../.build/add-a-sensor');

/** The first block of the guide with this word after its fence. */
function block(language: string): string {
  const start = guide.indexOf(`\`\`\`${language}\n`);
  if (start < 0) throw new Error(`the guide has no block "${language}"`);
  const text = guide.slice(start + language.length + 4);
  return text.slice(0, text.indexOf('```'));
}

/** A firmware with what the guide says: its driver, its lines in the registry, its names in the manifest. */
function follow(): string {
  const [importLine, registryLine] = block('ts registry').trimEnd().split('\n');
  const manifest = JSON.parse(block('json manifest'));
  const [name] = manifest.preload;
  const registry = readFileSync(join(here, 'registry.ts'), 'utf8')
    .replace('import type { Driver }', `${importLine}\nimport type { Driver }`)
    .replace('new Map([', `$&\n${registryLine}`);
  expect(registry).toContain(registryLine);
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, 'soil-moisture.ts'), block('ts'));
  writeFileSync(join(place, 'registry.ts'), registry);
  const resources = JSON.parse(readFileSync(join(here, 'manifest.json'), 'utf8'));
  const modules: Record<string, string> = {};
  for (const [module, file] of Object.entries<string>(resources.modules)) modules[module] = join(here, file);
  const firmware = {
    include: join(here, '../config/manifest.json'),
    platforms: { sim: { include: join(here, '../../host-sim/moddable/manifest.json') } },
    modules: {
      ...modules,
      main: join(here, 'test-firmware/main'),
      'modules/device/calls': join(here, '../device/calls'),
      'proto/call-error': join(here, '../../proto/call-error'),
      'modules/resources/test-firmware/run': join(here, 'test-firmware/run'),
      'modules/resources/registry': join(place, 'registry'),
      [name]: join(place, 'soil-moisture'),
    },
    preload: [
      ...resources.preload,
      ...manifest.preload,
      'main',
      'modules/device/calls',
      'proto/call-error',
      'modules/resources/test-firmware/run',
    ],
  };
  const path = join(place, 'manifest.json');
  writeFileSync(path, JSON.stringify(firmware));
  return path;
}

let device: ResourceDevice;
beforeAll(async () => {
  device = await ResourceDevice.start({ firmware: follow(), pins: { 34: constant(2000) } });
});
afterAll(async () => {
  await device?.close();
  rmSync(place, { recursive: true, force: true });
});

test('the sensor of the guide is built from its configuration and read without garbage', async () => {
  const { components } = JSON.parse(block('json configuration'));
  expect((await device.configure(components)).problems).toEqual([]);
  const [reading] = await device.read();
  expect(reading).toMatchObject({ value: { counts: 2000, moisture_pct: 50 }, garbage: 0 });
});

test('the sensor of the guide names what is wrong in its attributes', async () => {
  const { components } = JSON.parse(block('json configuration'));
  const wrong = { ...components[1], attributes: { analog_reader: 'soil', dry: 1200, wett: 3 } };
  const { problems } = await device.configure([components[0], wrong]);
  expect(problems.map(({ path, message }) => `${path}: ${message}`)).toEqual([
    'components[1].attributes.wet: must differ from dry',
  ]);
});
