import { expect, test } from 'vitest';
import { estimateMemory, memoryLines } from './memory';

const capture = (count: number) =>
  JSON.stringify({
    components: Array.from({ length: count }, (_, index) => ({
      name: `sensor-${index}`,
      api: 'rdk:component:sensor',
      model: 'fake',
      attributes: {},
      service_configs: [
        {
          type: 'data_manager',
          attributes: { capture_methods: [{ method: 'Readings', capture_frequency_hz: 1 }] },
        },
      ],
    })),
  });

test('has memory for a few sensors on every chip', () => {
  for (const { collectors, without, share } of estimateMemory(capture(4))) {
    expect([collectors, without]).toEqual([4, []]);
    expect(share).toBeGreaterThan(0.2);
    expect(share).toBeLessThan(0.8);
  }
});

test('says how large a record may be where the memory bounds it', () => {
  const [few] = estimateMemory(capture(1)).slice(-1);
  const [many] = estimateMemory(capture(8)).slice(-1);
  expect(few!.recordNodes).toBeGreaterThan(2 * many!.recordNodes);
  expect(many!.recordNodes).toBeGreaterThanOrEqual(9);
  expect(memoryLines([many!]).join()).toContain(`a record has up to esp32c3 ${many!.recordNodes} values`);
  expect(memoryLines(estimateMemory('{}')).join()).not.toContain('a record has');
});

test('says how much less that is of a part that publishes straight to a broker', () => {
  const [estimate] = estimateMemory(capture(4)).slice(-1);
  const { recordNodes, publishedNodes } = estimate!;
  expect(publishedNodes).toBeLessThan(recordNodes);
  expect(publishedNodes).toBeGreaterThan(0.7 * recordNodes);
  expect(memoryLines([estimate!]).join()).toContain(
    `esp32c3 ${recordNodes} (straight to a broker ${publishedNodes})`,
  );
});

test('names for each chip what it has no memory for', () => {
  const estimates = estimateMemory(capture(40));
  for (const { chip, collectors, without, share } of estimates) {
    expect(collectors).toBeLessThan(40);
    expect(share).toBeLessThanOrEqual(1);
    expect(without[0]).toMatch(new RegExp(`^components\\[${collectors}\\]`));
    expect(memoryLines(estimates).join('\n')).toContain(`warning: ${chip} has memory for ${collectors} of`);
  }
  const [esp32, , , c3] = estimates;
  expect(c3!.collectors).toBeLessThan(esp32!.collectors);
});
