/** docs/reference/device.md against the drivers: every model, every attribute, and the values that it shows. */
import './chip/native';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { budgetOf } from '../../modules/config/memory-budget';
import { parsePart } from '../../modules/config/part';
import { ResourceSet } from '../../modules/resources/resource-set';
import { checkFiles } from './check';
import { useChip } from './chip/board';
import { freePins } from './chip/pin-table';
import { watchReading } from './reading';

const repository = join(import.meta.dirname, '..', '..');
const folder = mkdtempSync(join(tmpdir(), 'sluice-models-'));
afterAll(() => rmSync(folder, { recursive: true }));

const chip = 'esp32';
const page = readFileSync(join(repository, 'docs/reference/device.md'), 'utf8');
const models = page.split(/^## `/m).slice(1).map(modelOf);

/** Of a section of the page: its name, and each attribute with the value that is shown. */
function modelOf(section: string): { name: string; attributes: Record<string, unknown> } {
  const rows = [...section.matchAll(/^\| `([^`]+)` \| `([^`]*)` \|/gm)];
  return {
    name: section.slice(0, section.indexOf('`')),
    attributes: Object.fromEntries(rows.map(([, name, value]) => [name, JSON.parse(value!)])),
  };
}

/** The model on a board that has what it names, or as that board. */
function configurationOf({ name, attributes }: (typeof models)[number]): object {
  const [type, model] = name.split('/');
  if (type === 'board') return { components: [{ name: 'chip', type, model, attributes }] };
  const drivesPins = name === 'motor/gpio' || name === 'servo/gpio';
  const board = {
    analogs: [{ name: 'A1', pin: 34 }],
    i2cs: [{ name: 'main', bus: 'i2c0', data_pin: 21, clock_pin: 22 }],
    ...(drivesPins && { pins: [25, 26, 33] }),
  };
  return {
    components: [
      { name: 'chip', type: 'board', model: 'esp32', attributes: board },
      { name: 'wheel', type: 'encoder', model: 'fake', attributes: {} },
      { name: 'one', type, model, attributes, depends_on: ['chip', 'wheel'] },
    ],
  };
}

test('every model has its section, and no other', () => {
  const registry = readFileSync(join(repository, 'modules/resources/registry.ts'), 'utf8');
  const drivers = [...registry.matchAll(/'rdk:component:([^']+\/[^']+)'/g)].map(([, name]) => name!);
  expect(models.map(({ name }) => name).sort()).toEqual(drivers.sort());
});

test.each(models)('$name has these attributes, and takes these values', (model) => {
  const configuration = configurationOf(model);
  const file = join(folder, 'one.json');
  writeFileSync(file, JSON.stringify(configuration));
  expect(checkFiles([file], { chip, partition: 1 << 20 }).findings).toEqual([]);
  useChip(chip);
  const { result, asked } = watchReading(() => {
    freePins(() => undefined);
    const { resources } = parsePart(JSON.stringify(configuration), undefined, undefined, budgetOf(chip));
    new ResourceSet({ chip }).apply([...resources]);
    return resources.at(-1)!.path;
  });
  const read = [...(asked.get(`${result}.attributes`) ?? [])];
  expect(Object.keys(model.attributes).sort()).toEqual(read.sort());
});

test('the example is right', () => {
  const [, example] = /```json\n([\s\S]*?)```/.exec(page)!;
  const file = join(folder, 'example.json');
  writeFileSync(file, example!);
  expect(checkFiles([file], { chip, partition: 1 << 20 }).findings).toEqual([]);
});
