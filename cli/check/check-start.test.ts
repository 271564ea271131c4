import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { checkStart } from './check-start';

const repository = join(import.meta.dirname, '..', '..');
const folder = mkdtempSync(join(tmpdir(), 'sluice-check-start-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, value: object): string {
  writeFileSync(join(folder, name), JSON.stringify(value));
  return join(folder, name);
}

const example = (name: string) => join(repository, 'docs', 'examples', name);
const board = (pin: number) => ({
  components: [{ name: 'chip', type: 'board', model: 'esp32', attributes: { pins: [pin] } }],
});

test('a main part’s and a board’s file that lie beside each other, as the examples do, are run', () => {
  const config = example('esp-home.json');
  const main = example('main.json');
  for (const given of [{ config, main }, { main }, { config }])
    expect(checkStart({ ...given, chip: 'esp32' }), JSON.stringify(given)).toEqual({
      findings: [],
      runs: true,
    });
});

test('the pins are those of the chip that is simulated', () => {
  const config = file('attic.json', board(22));
  expect(checkStart({ config, chip: 'esp32' }).findings).toEqual([]);
  const { findings, runs } = checkStart({ config, chip: 'esp32c3' });
  expect(findings.map(({ code, path }) => `${code} at ${path}`)).toEqual([
    'out-of-range at components[0].attributes.pins[0]',
  ]);
  expect(runs, 'the rest of it').toBe(true);
});

test('files whose places were exchanged are not run', () => {
  const config = example('main.json');
  const main = example('esp-home.json');
  const { findings, runs } = checkStart({ config, main, chip: 'esp32' });
  expect(runs).toBe(false);
  expect(findings.map(({ code }) => code).sort()).toEqual(['board-as-main', 'main-as-board']);
});
