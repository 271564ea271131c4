/**
 * Which pins of which chip can do what (Espressif's data sheets and technical reference manuals). The firmware knows
 * its chip from `mc/config` (`chip`, set by the manifest for each platform).
 */

export interface Chip {
  name: string;
  /** GPIOs of ADC1. ADC2 cannot be used while WiFi is on (ESP32), or not at all (C3): not offered. */
  analog: readonly number[];
  /** First and last GPIO number. */
  pins: readonly [number, number];
  /** Numbers within that are wired to the flash chip, or do not exist. */
  reserved: readonly number[];
  /** Without output driver. */
  inputOnly: readonly number[];
  /** Whether the pulse counter exists, which encoders need. */
  pulseCount: boolean;
  /**
   * Bytes that the RAM head of the flash log may have: it lies in the memory that the SDK gives XS (`creation` of its
   * targets), beside everything else. An ESP32-C3 has 94 KB for all, the others 79 KB for buffers alone.
   */
  headRoom: number;
}

const chips: readonly Chip[] = Object.freeze(
  [
    {
      name: 'esp32',
      analog: [32, 33, 34, 35, 36, 37, 38, 39],
      pins: [0, 39],
      reserved: [6, 7, 8, 9, 10, 11, 20, 24, 28, 29, 30, 31],
      inputOnly: [34, 35, 36, 37, 38, 39],
      pulseCount: true,
      headRoom: 32_000,
    },
    {
      name: 'esp32s3',
      analog: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
      pins: [0, 48],
      reserved: [22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32],
      inputOnly: [],
      pulseCount: true,
      headRoom: 32_000,
    },
    {
      name: 'esp32c3',
      analog: [0, 1, 2, 3, 4],
      pins: [0, 21],
      reserved: [12, 13, 14, 15, 16, 17],
      inputOnly: [],
      pulseCount: false,
      headRoom: 16_000,
    },
    {
      name: 'esp32c6',
      analog: [0, 1, 2, 3, 4, 5, 6],
      pins: [0, 30],
      reserved: [24, 25, 26, 27, 28, 29, 30],
      inputOnly: [],
      pulseCount: true,
      headRoom: 32_000,
    },
  ] satisfies Chip[],
  true,
);

/** @throws Error for a chip that is not in the table */
export function findChip(name: string): Chip {
  const chip = chips.find((candidate) => candidate.name === name);
  if (!chip) throw new Error(`unknown chip "${name}": one of ${chips.map(({ name }) => name).join(', ')}`);
  return chip;
}

/** Why `pin` cannot be an analog input; undefined when it can. */
export function analogFault(chip: Chip, pin: number): string | undefined {
  if (chip.analog.includes(pin)) return undefined;
  return `GPIO ${pin} of ${chip.name} is not on ADC1: one of ${chip.analog.join(', ')}`;
}

/** Why `pin` cannot be used; undefined when it can. */
export function pinFault(chip: Chip, pin: number, output: boolean): string | undefined {
  const [first, last] = chip.pins;
  if (!Number.isInteger(pin) || pin < first || pin > last)
    return `${chip.name} has no GPIO ${pin}: ${first} to ${last}`;
  if (chip.reserved.includes(pin))
    return `GPIO ${pin} of ${chip.name} is not free: flash is wired to it, or it does not exist`;
  if (output && chip.inputOnly.includes(pin)) return `GPIO ${pin} of ${chip.name} is an input only`;
  return undefined;
}
