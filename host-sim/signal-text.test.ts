import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findChip } from '../modules/resources/chips';
import { parsePin, parsePins } from './signal-text';
import { constant, noise, sine, toggle } from './signals';

test('reads a pin with its signals', () => {
  expect(parsePin('34=constant:2000+sine:500,1.5+noise:10,7')).toEqual({
    pin: 34,
    signals: [constant(2000), sine(500, 1.5), noise(10, 7)],
  });
  expect(parsePin('4=toggle:0.02,0.25')).toEqual({ pin: 4, signals: [toggle(0.02, { duty: 0.25 })] });
});

test('reads a recording, whose first line may name the unit', () => {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-test-'));
  try {
    writeFileSync(join(directory, 'a.csv'), 'counts\n1\n2\n');
    expect(parsePin(`1=samples:${join(directory, 'a.csv')}@360`).signals).toEqual([
      { kind: 'samples', values: Float64Array.of(1, 2), rate: 360, loop: true },
    ]);
    writeFileSync(join(directory, 'b.csv'), '1\nx\n');
    expect(() => parsePin(`1=samples:${join(directory, 'b.csv')}`)).toThrow(/b\.csv:2: 'x' is not one value/);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test.each([
  ['34', '<pin>=<signal>'],
  ['34=wave:1', 'a signal is constant'],
  ['34=sine:1', 'sine takes amplitude,Hz'],
  ['34=constant:', 'constant takes counts'],
  ['34=noise:many', 'noise takes'],
])('says what is wrong with %s', (text, message) => {
  expect(() => parsePin(text)).toThrow(message);
});

test('signals are on pins that the chip has, each told once', () => {
  const on = (...texts: string[]) => parsePins(texts, findChip('esp32c3'));
  expect(on('3=constant:1', '4=toggle:1')).toEqual({ 3: [constant(1)], 4: [toggle(1)] });
  expect(() => on('34=constant:1')).toThrow("'34=constant:1': esp32c3 has no GPIO 34: it has 0 to 21");
  expect(() => on('12=constant:1')).toThrow(
    "'12=constant:1': GPIO 12 of esp32c3 is not free: it carries the flash chip",
  );
  expect(() => on('3=constant:1', '3=sine:1,2')).toThrow("'3=sine:1,2': pin 3 has its signals already");
});
