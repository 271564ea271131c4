/** As many sources of records as there is room for, whatever they give: nothing restarts, and a pin has all its readings. */
import { expect, test } from 'vitest';
import type { BoardName } from '../../host-sim/manifest/boards';
import { budgetOf } from '../../modules/config/memory-budget';
import { parsePart } from '../../modules/config/part';
import { hostileFirmware, textFirmware } from './hostile-firmware';
import { component, configurationOf, runConfigurations } from './memory-budget';

/** Hz of the sensors, and of the pin. */
const frequency = 5;
const pinFrequency = 100;
const pins: Partial<Record<BoardName, number>> = { esp32: 34, esp32c3: 0 };

type AttributesOf = (index: number) => object;

/** A pin, and as many sensors as there is room for. */
function fullConfiguration(chip: BoardName, model: string, attributesOf: AttributesOf): string {
  const pin = component(
    'good',
    'board/esp32',
    { analogs: [{ name: 'good', pin: pins[chip] }] },
    { method: 'Analogs', hertz: pinFrequency, parameters: { reader_name: 'good' } },
  );
  const sensors: object[] = [];
  for (let fitting = ''; ; ) {
    const text = configurationOf([pin, ...sensors]);
    const { collectors } = parsePart(text, undefined, undefined, budgetOf(chip));
    if (collectors.length <= sensors.length) return fitting;
    fitting = text;
    const { length } = sensors;
    sensors.push(
      component(`s${length}`, model, attributesOf(length), { method: 'Readings', hertz: frequency }),
    );
  }
}

async function run(
  chip: BoardName,
  firmware: string,
  model: string,
  attributesOf: AttributesOf,
  minutes: number,
) {
  const text = fullConfiguration(chip, model, attributesOf);
  const { exits, streams, uptime } = await runConfigurations(chip, [text], { firmware, minutes });
  expect(exits).toEqual([]);
  const [good, ...records] = streams;
  console.log(`${chip}: ${records.length} sensors`);
  expect(records.length).toBeGreaterThan(5);
  expect([good!.missed, good!.failed, good!.refused]).toEqual([0, 0, 0]);
  expect(Math.abs(good!.captured - (uptime / 1_000) * pinFrequency)).toBeLessThan(2 * pinFrequency);
  return { records, ticks: (uptime / 1_000) * frequency };
}

const chips: BoardName[] = ['esp32', 'esp32c3'];

test.each(chips)(
  'an %s whose sensors give whatever comes, all of them the same at once or each its own',
  async (chip) => {
    for (const seedOf of [() => 1, (index: number) => index]) {
      const attributesOf = (index: number) => ({ seed: seedOf(index) });
      const { records } = await run(chip, hostileFirmware(), 'sensor/hostile', attributesOf, 3);
      for (const { refused, failed } of records) expect(Math.min(refused, failed)).toBeGreaterThan(0);
    }
  },
  120_000,
);

test.each(chips)(
  'an %s whose sensors give records that fit no block refuses and counts each',
  async (chip) => {
    const attributesOf = (seed: number) => ({ characters: 6_000, names: 1, seed });
    const { records, ticks } = await run(chip, textFirmware(), 'sensor/texts', attributesOf, 1);
    for (const { captured, refused, failed } of records) {
      expect(failed).toBe(0);
      expect(captured).toBeGreaterThan(ticks - 10);
      expect(captured - refused).toBeLessThanOrEqual(1);
    }
  },
  120_000,
);

test.each(chips)(
  'an %s whose sensors have ever new names reads them no more before they take its memory',
  async (chip) => {
    const attributesOf = (seed: number) => ({ characters: 2, names: 10_000, seed });
    const { records, ticks } = await run(chip, textFirmware(), 'sensor/texts', attributesOf, 2);
    for (const { captured, failed } of records) {
      expect(captured).toBeGreaterThan(5);
      expect(failed).toBeGreaterThan(ticks / 2);
    }
  },
  120_000,
);
