/**
 * Which pins of which chip can do what: the one table of it, for firmware, simulator and tools (Espressif's data
 * sheets and technical reference manuals). The firmware knows its chip from `mc/config` (`chip`, set
 * by the manifest for each platform).
 */

export interface Chip {
  name: string;
  /** GPIOs of ADC1. ADC2 cannot be used while WiFi is on (ESP32), or not at all (C3): not offered. */
  analog: readonly number[];
  /** First and last GPIO number. */
  pins: readonly [number, number];
  /** Numbers within that do not exist. */
  absent: readonly number[];
  /** Wired to the flash chip, or its supply. */
  flash: readonly number[];
  /** As those, on modules whose flash or PSRAM has eight lines: free on all others. */
  octal: readonly number[];
  /** Without output driver. */
  inputOnly: readonly number[];
  /** Read by the chip at a reset, which what is wired there must not disturb. */
  strapping: readonly number[];
  /** UART0, over which the board is flashed and debugged, and USB. */
  console: readonly number[];
  /** Whether the pulse counter exists, which encoders need. */
  pulseCount: boolean;
  /** I²C controllers, low-power ones apart. */
  i2cBuses: number;
}

export const chips: readonly Chip[] = Object.freeze(
  [
    {
      name: 'esp32',
      analog: [32, 33, 34, 35, 36, 37, 38, 39],
      pins: [0, 39],
      // 20 is there on the ESP32-PICO-V3 alone.
      absent: [20, 24, 28, 29, 30, 31],
      flash: [6, 7, 8, 9, 10, 11],
      octal: [],
      inputOnly: [34, 35, 36, 37, 38, 39],
      strapping: [0, 2, 5, 12, 15],
      console: [1, 3],
      pulseCount: true,
      i2cBuses: 2,
    },
    {
      name: 'esp32s3',
      analog: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
      pins: [0, 48],
      absent: [22, 23, 24, 25],
      flash: [26, 27, 28, 29, 30, 31, 32],
      octal: [33, 34, 35, 36, 37],
      inputOnly: [],
      strapping: [0, 3, 45, 46],
      console: [19, 20, 43, 44],
      pulseCount: true,
      i2cBuses: 2,
    },
    {
      name: 'esp32c3',
      analog: [0, 1, 2, 3, 4],
      pins: [0, 21],
      absent: [],
      flash: [11, 12, 13, 14, 15, 16, 17],
      octal: [],
      inputOnly: [],
      strapping: [2, 8, 9],
      console: [18, 19, 20, 21],
      pulseCount: false,
      i2cBuses: 1,
    },
    {
      name: 'esp32c6',
      analog: [0, 1, 2, 3, 4, 5, 6],
      pins: [0, 30],
      absent: [],
      flash: [24, 25, 26, 27, 28, 29, 30],
      octal: [],
      inputOnly: [],
      strapping: [4, 5, 8, 9, 15],
      console: [12, 13, 16, 17],
      pulseCount: true,
      i2cBuses: 1,
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
  const fault = absence(chip, pin) ?? `GPIO ${pin} of ${chip.name} is not on ADC1`;
  return `${fault}; analog inputs are ${chip.analog.join(', ')}`;
}

/** Why `pin` cannot be used; undefined when it can. */
export function pinFault(chip: Chip, pin: number, output: boolean): string | undefined {
  const absent = absence(chip, pin);
  if (absent !== undefined) return absent;
  if (chip.flash.includes(pin)) return `GPIO ${pin} of ${chip.name} is not free: it carries the flash chip`;
  if (output && chip.inputOnly.includes(pin)) return `GPIO ${pin} of ${chip.name} is an input only`;
  return undefined;
}

function absence(chip: Chip, pin: number): string | undefined {
  const [first, last] = chip.pins;
  if (!Number.isInteger(pin) || pin < first || pin > last)
    return `${chip.name} has no GPIO ${pin}: it has ${first} to ${last}`;
  return chip.absent.includes(pin) ? `${chip.name} has no GPIO ${pin}` : undefined;
}
