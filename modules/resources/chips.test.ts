import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { analogFault, chips, findChip, pinFault } from './chips';

const all = (chip: { pins: readonly [number, number] }) =>
  Array.from({ length: chip.pins[1] - chip.pins[0] + 1 }, (_, index) => chip.pins[0] + index);

describe.each(chips)('the pins of $name', (chip) => {
  test('are each in one list of what cannot be used, and all lists name pins in order that the chip has', () => {
    const { absent, flash, octal, inputOnly, strapping, console, analog } = chip;
    for (const list of [absent, flash, octal, inputOnly, strapping, console, analog]) {
      expect(list.filter((pin) => !all(chip).includes(pin))).toEqual([]);
      expect([...new Set(list)].sort((a, b) => a - b)).toEqual(list);
    }
    const unusable = [...absent, ...flash, ...octal];
    expect(new Set(unusable).size).toBe(unusable.length);
    for (const pin of [...analog, ...inputOnly, ...strapping, ...console])
      expect(unusable).not.toContain(pin);
  });

  test('are refused where they carry the flash or do not exist, and as outputs where they have no driver', () => {
    for (const pin of all(chip)) {
      const usable = !chip.absent.includes(pin) && !chip.flash.includes(pin);
      expect(pinFault(chip, pin, false) === undefined).toBe(usable);
      expect(pinFault(chip, pin, true) === undefined).toBe(usable && !chip.inputOnly.includes(pin));
      expect(analogFault(chip, pin) === undefined).toBe(chip.analog.includes(pin));
    }
    for (const pin of [chip.pins[1] + 1, -1, 1.5, Number.NaN])
      expect(pinFault(chip, pin, false)).toContain(`${chip.name} has no GPIO ${pin}`);
  });
});

/** ESP-IDF's `SOC_GPIO_VALID_GPIO_MASK` and `SOC_GPIO_VALID_OUTPUT_GPIO_MASK` (soc_caps.h of each chip). */
const masks: Record<string, [valid: bigint, output: bigint]> = {
  esp32: [0xff_0eff_ffffn, 0x3_0eff_ffffn],
  esp32s3: [0x1_ffff_fc3f_ffffn, 0x1_ffff_fc3f_ffffn],
  esp32c3: [0x3f_ffffn, 0x3f_ffffn],
  esp32c6: [0x7fff_ffffn, 0x7fff_ffffn],
};

test.each(Object.entries(masks))('%s has the pins that ESP-IDF takes', (name, [valid, output]) => {
  const chip = findChip(name);
  for (let pin = 0; pin < 64; pin++) {
    // GPIO 20 of an ESP32 is bonded on the PICO-V3 alone.
    const there = pin >= chip.pins[0] && pin <= chip.pins[1] && !chip.absent.includes(pin);
    expect([pin, there || (name === 'esp32' && pin === 20)]).toEqual([
      pin,
      ((valid >> BigInt(pin)) & 1n) === 1n,
    ]);
    if (there)
      expect([pin, !chip.inputOnly.includes(pin)]).toEqual([pin, ((output >> BigInt(pin)) & 1n) === 1n]);
  }
});

test('the README shows the table as it is', () => {
  const readme = readFileSync(join(import.meta.dirname, 'README.md'), 'utf8');
  const shown = /<!-- pins: .*? -->\n([\s\S]*?)<!-- pins end -->/.exec(readme)?.[1];
  const rows = chips.map(({ name, analog, flash, absent, inputOnly, strapping, console }) =>
    [name, ...[analog, flash, absent, inputOnly, strapping, console].map(spans)].join(' | '),
  );
  expect(shown?.trim().split('\n').slice(2)).toEqual(rows.map((row) => `| ${row} |`));
});

/** `0–4, 9` */
function spans(pins: readonly number[]): string {
  const parts: string[] = [];
  pins.forEach((pin, index) => {
    if (pins[index - 1] === pin - 1) return;
    let end = index;
    while (pins[end + 1] === pins[end]! + 1) end++;
    parts.push(end === index ? `${pin}` : `${pin}–${pins[end]}`);
  });
  return parts.join(', ') || '—';
}
