import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { boards } from '@sluice/host-sim/manifest/boards';
import { afterAll, expect, test } from 'vitest';
import { checkFiles } from '../check/check';
import { anySignals } from '../compose/signals';
import { planSimulation } from '../compose/simulation-files';

const folder = mkdtempSync(join(tmpdir(), 'sluice-demonstration-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}

test.each(['esp32', 'esp32c3', 'esp32s3'] as const)(
  'the demonstration is right on an %s, and has a signal on each input',
  async (chip) => {
    const drawn = 'of-this-test-4b1d';
    const plan = await planSimulation({ pin: [], chip }, { directory: '/state', drawn });
    const files = [file('main.json', plan.machine), file('esp-home.json', plan.configuration)];
    expect(checkFiles(files, { chip, partition: 1 << 20 }).findings).toEqual([]);
    expect(Object.keys(plan.pins)).toEqual(Object.keys(anySignals(plan.configuration, boards[chip].chip)));
  },
);
