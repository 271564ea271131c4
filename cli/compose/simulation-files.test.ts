import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { constant, toggle } from '@sluice/host-sim/signals';
import { afterAll, describe, expect, test } from 'vitest';
import { parseMachine } from '../../modules/config/machine';
import { planSimulation } from './simulation-files';

const folder = mkdtempSync(join(tmpdir(), 'sluice-files-'));
afterAll(() => rmSync(folder, { recursive: true }));
const here = { directory: '/state', drawn: 'drawn-at-the-first-start' };

function file(name: string, value: unknown): string {
  const path = join(folder, name);
  writeFileSync(path, typeof value === 'string' ? value : JSON.stringify(value));
  return path;
}

const board = {
  components: [
    {
      name: 'chip',
      type: 'board',
      model: 'esp32',
      attributes: { pins: [4], analogs: [{ name: 'A1', pin: '33' }] },
    },
  ],
};

describe('what a simulation runs', () => {
  test('is the demonstration when nothing else is said', async () => {
    const plan = await planSimulation({ pin: [] }, here);
    expect(plan.part).toBe('esp-home');
    expect(Object.keys(plan.pins)).toEqual(['27', '32', '34', '35']);
    const { remotes, dataManager, problems } = parseMachine(plan.machine);
    expect(problems).toEqual([]);
    expect(remotes[0]).toMatchObject({ name: 'esp-home', secret: here.drawn });
    expect(dataManager.captureDir).toBe('/state/capture');
  });

  test('is a board of one’s own, named after its file, with something on each of its pins', async () => {
    const plan = await planSimulation({ config: file('attic.json', board), pin: ['33=constant:7'] }, here);
    expect(plan.part).toBe('attic');
    expect(plan.pins).toEqual({ 4: [toggle(2)], 33: [constant(7)] });
    const { remotes } = parseMachine(plan.machine);
    expect(remotes).toHaveLength(1);
    expect(remotes[0]).toMatchObject({ name: 'attic', secret: here.drawn, additions: '' });
  });

  test('has a signal on no pin that the chip lacks, whatever the configuration says', async () => {
    const attributes = {
      pins: [4, 99, -1, 6, 3.5, 'four'],
      analogs: [{ name: 'A1', pin: '33' }, { name: 'A2', pin: 77 }, { name: 'A3' }, { name: 'A4', pin: '' }],
      digital_interrupts: [{ name: 'D1', pin: '24' }],
    };
    const wrong = file('wrong.json', { components: [{ ...board.components[0], attributes }] });
    expect(Object.keys((await planSimulation({ config: wrong, pin: [] }, here)).pins)).toEqual(['4', '33']);
    const other = await planSimulation({ config: wrong, pin: [], chip: 'esp32c3' }, here);
    expect(Object.keys(other.pins)).toEqual(['4', '6']);
  });

  test('has the name, the secret and the wishes of the main’s own file, and leaves its directory alone', async () => {
    const main = file(
      'main.json',
      `{
  // "//" in a text is no comment
  "services": [{ "name": "dm", "type": "data_manager", "attributes": { "capture_dir": "/srv//data" } }],
  "remotes": [{ "name": "cellar", "secret": "of the cellar" }, { "name": "attic", "secret": "of the attic" }]
}`,
    );
    const plan = await planSimulation({ main, config: file('attic.json', board), pin: [] }, here);
    expect(plan).toMatchObject({ part: 'attic', secret: 'of the attic' });
    const { remotes, dataManager } = parseMachine(plan.machine);
    expect(remotes.map(({ secret }) => secret)).toEqual(['of the cellar', 'of the attic']);
    expect(dataManager.captureDir).toBe('/state/capture');
    expect(plan.notes).toEqual(['capture_dir /srv//data is left alone: here it is /state/capture']);
  });

  test('draws a secret in the place of one that everybody knows', async () => {
    const main = file('main.json', { remotes: [{ name: 'attic', secret: 'REDACTED' }] });
    const plan = await planSimulation({ main, config: file('attic.json', board), pin: [] }, here);
    expect(plan.secret).toBe(here.drawn);
    expect(parseMachine(plan.machine).remotes[0]!.secret).toBe(here.drawn);
  });
});
