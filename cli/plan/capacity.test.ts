import { join } from 'node:path';
import { readRecording } from '@sluice/host-sim/recording';
import { describe, expect, test } from 'vitest';
import { parsePart } from '../../modules/config/part';
import { estimate } from './capacity';

const ecg = {
  ...readRecording(join(import.meta.dirname, '..', '..', 'test', 'data', 'ecg-mlii-360hz.csv')),
  name: 'ecg',
  rate: 360,
};

function collectors(...methods: { hertz: number; kilobytes: number }[]) {
  const analogs = methods.map((_, index) => ({ pin: String(32 + index), name: `A${index}` }));
  const capture = methods.map(({ hertz, kilobytes }, index) => ({
    method: 'Analogs',
    additional_params: { reader_name: `A${index}` },
    capture_frequency_hz: hertz,
    cache_size_kb: kilobytes,
  }));
  const board = {
    name: 'board',
    api: 'rdk:component:board',
    model: 'esp32',
    attributes: { analogs },
    service_configs: [{ type: 'data_manager', attributes: { capture_methods: capture } }],
  };
  const plan = parsePart(JSON.stringify({ components: [board] }));
  expect(plan.problems).toEqual([]);
  return plan.collectors;
}

const input = { partitionBytes: 1 << 20, recordings: new Map(), instructionsPerReading: 10_000 };

describe('the estimate of a configuration', () => {
  test('packs a recording as the device would, and reckons from that', () => {
    const plans = collectors({ hertz: 360, kilobytes: 100 });
    const { collectors: made, warnings } = estimate({
      ...input,
      collectors: plans,
      recordings: new Map([['A0', ecg]]),
    });
    const [one] = made;
    expect(one!.basis).toBe('ecg');
    expect(one!.bytesPerReading).toBeLessThan(0.49);
    expect(one!.cacheSeconds).toBeCloseTo(100_000 / (360 * one!.bytesPerReading));
    expect(one!.instructionsPerSecond).toBe(3_600_000);
    expect(warnings.join()).toContain('above 100 Hz');
  });

  test('gives a flash of twice the size twice the life and, nearly, twice the outage', () => {
    const plans = collectors({ hertz: 100, kilobytes: 10 });
    const small = estimate({ ...input, collectors: plans });
    const large = estimate({ ...input, collectors: plans, partitionBytes: 2 << 20 });
    expect(large.lifeYears / small.lifeYears).toBeCloseTo(2);
    expect(large.partitionSeconds / small.partitionSeconds).toBeCloseTo(2, 1);
  });

  test('names the collector whose cache does not fit, and reckons with the rest', () => {
    const plans = collectors({ hertz: 10, kilobytes: 500 }, { hertz: 10, kilobytes: 500 });
    const { collectors: made, bytesPerSecond } = estimate({ ...input, collectors: plans });
    expect(made[0]!.refused).toBeUndefined();
    expect(made[1]!.refused).toMatch(/at most \d+ KB would fit/);
    expect(bytesPerSecond).toBe(made[0]!.bytesPerSecond);
  });
});
