import { expect, test } from 'vitest';
import { fakeSensors } from '../../test/simulation/memory-budget';
import { budgetOf } from './memory-budget';
import { memoryOf } from './memory-costs';
import { MemoryInUse } from './memory-in-use';
import { isApplicable, parsePart } from './part';
import type { PartPlan } from './plan';

/** A device that runs so many sensors. */
function running(chip: string, sensors: number): MemoryInUse {
  const memory = new MemoryInUse(memoryOf(chip));
  memory.run(parsePart(fakeSensors(sensors), undefined, undefined, budgetOf(chip)).memory!);
  return memory;
}

function readBeside(memory: MemoryInUse, chip: string, text: string, ended = 0): PartPlan {
  return parsePart(text, undefined, undefined, budgetOf(chip, undefined, memory, ended));
}

/** The most sensors whose configuration can be read beside what runs. */
function mostReadable(chip: string, sensors: number, ended = 0): number {
  for (let count = 48; count > 0; count--) {
    const plan = readBeside(running(chip, sensors), chip, fakeSensors(count), ended);
    if (isApplicable(plan.problems)) return count;
  }
  return 0;
}

test.each([1, 4, 9, 14])('where %i sensors run, as many can be read again and run', (sensors) => {
  for (const chip of ['esp32', 'esp32c3']) {
    const memory = running(chip, sensors);
    const plan = readBeside(memory, chip, fakeSensors(sensors));
    expect(plan.problems).toEqual([]);
    expect(memory.fitsRunning(plan.memory!, sensors, 0)).toBe(true);
  }
});

test('the more runs, or has ended and is listed, the less can be read beside it', () => {
  const most = [1, 9, 14].map((sensors) => mostReadable('esp32c3', sensors));
  expect(most[0]).toBeGreaterThan(most[1]!);
  expect(most[1]).toBeGreaterThan(most[2]!);
  expect(most[2]).toBeGreaterThanOrEqual(14);
  expect(mostReadable('esp32c3', 9, 8)).toBeLessThan(most[1]!);
});

test('what cannot be read beside what runs is refused as a whole, and is read where nothing runs', () => {
  const text = fakeSensors(48);
  const refused = readBeside(running('esp32c3', 14), 'esp32c3', text);
  expect(refused.problems).toEqual([
    {
      severity: 'error',
      code: 'no-memory',
      path: '$',
      message: `the chip has no memory for this configuration of ${text.length} B beside the one that runs`,
    },
  ]);
  expect(isApplicable(refused.problems)).toBe(false);
  expect([refused.collectors, refused.resources, refused.memory]).toEqual([[], [], undefined]);
  const alone = parsePart(text, undefined, undefined, budgetOf('esp32c3'));
  expect(isApplicable(alone.problems)).toBe(true);
  expect(alone.collectors.length).toBeGreaterThanOrEqual(6);
});

test('a short text that becomes much is refused before it is read to its end', () => {
  const many = (name: (index: number) => string) =>
    JSON.stringify({
      components: Array.from({ length: 48 }, (_, index) => ({
        name: name(index),
        api: 'rdk:component:sensor',
        model: 'fake',
      })),
    });
  const text = many((index) => `s${index}`);
  expect(text.length).toBeLessThan(3_500);
  expect(isApplicable(readBeside(running('esp32c3', 14), 'esp32c3', text).problems)).toBe(false);
  expect(isApplicable(readBeside(running('esp32c3', 1), 'esp32c3', text).problems)).toBe(true);
  // Collectors that are not to run are plans all the same.
  const method = (index: number) => ({
    method: 'Gpios',
    capture_frequency_hz: index + 1,
    additional_params: { pin_name: String(index) },
  });
  const disabled = JSON.stringify({
    components: [
      {
        name: 'b',
        api: 'rdk:component:board',
        model: 'esp32',
        service_configs: [
          {
            type: 'data_manager',
            attributes: { capture_methods: Array.from({ length: 64 }, (_, index) => method(index)) },
          },
        ],
      },
    ],
    services: [{ name: 'd', api: 'rdk:service:data_manager', attributes: { capture_disabled: true } }],
  });
  expect(isApplicable(readBeside(running('esp32c3', 14), 'esp32c3', disabled).problems)).toBe(false);
  expect(parsePart(disabled, undefined, undefined, budgetOf('esp32c3')).problems).toEqual([]);
});

test('what slots have taken is not there for a long text any more where they share a memory with chunks', () => {
  for (const [chip, expected] of [
    ['esp32c3', false],
    ['esp32', true],
  ] as const) {
    const memory = running(chip, 9);
    expect(memory.fitsMessage(12_000, 0)).toBe(true);
    // A large text was read beside ten that had ended.
    expect(memory.fitsReading(1_300, 8_000, 10, 0)).toBe(true);
    expect(memory.fitsMessage(20_000, 0)).toBe(expected);
    expect(memory.fitsMessage(3_000, 0)).toBe(true);
    memory.run({ slots: 700, chunks: 9_000 });
    expect(running(chip, 0).fitsMessage(38_000, 0)).toBe(true);
    expect(memory.fitsMessage(38_000, 0)).toBe(expected);
  }
});

test('of a refused text the slots are not taken, so that a shorter one fits as before', () => {
  const memory = running('esp32c3', 12);
  expect(memory.fitsReading(9_000, 0, 0, 0)).toBe(false);
  expect(isApplicable(readBeside(memory, 'esp32c3', fakeSensors(12)).problems)).toBe(true);
});
