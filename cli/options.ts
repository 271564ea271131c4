/** Values of options that several commands take. */
import { InvalidArgumentError } from 'commander';

/** Bytes of `1MB`, `512KB`. */
export function parseSize(text: string): number {
  const match = /^(\d+)\s*(K|M)i?B?$/i.exec(text);
  if (!match) throw new InvalidArgumentError('must be a size such as 1MB or 512KB.');
  const bytes = Number(match[1]) << (match[2]!.toUpperCase() === 'K' ? 10 : 20);
  if (bytes >= 64 << 10 && bytes <= 16 << 20) return bytes;
  throw new InvalidArgumentError('must be from 64KB to 16MB.');
}

/** @throws when it is no whole number from `least` to `most` */
export function parseCount(text: string, least: number, most: number): number {
  const count = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (count >= least && count <= most) return count;
  throw new InvalidArgumentError(`must be a whole number from ${least} to ${most}.`);
}

const chipNames = ['esp32', 'esp32c3', 'esp32c6', 'esp32s3'];

/** As people and `mcconfig` write it: `ESP32-C3`, `esp32/esp32c3`. */
export function parseChip(text: string): string {
  const name = text
    .toLowerCase()
    .replace(/^esp32\//, '')
    .replace(/[-_ ]/g, '');
  if (chipNames.includes(name)) return name;
  throw new InvalidArgumentError(`must be one of ${chipNames.join(', ')}.`);
}

const simulatedChips = ['esp32', 'esp32c3', 'esp32s3'] as const;
export type SimulatedChip = (typeof simulatedChips)[number];

/** Those that the simulator has. */
export function parseSimulatedChip(text: string): SimulatedChip {
  const name = parseChip(text);
  const chip = simulatedChips.find((each) => each === name);
  if (chip) return chip;
  throw new InvalidArgumentError(`is not simulated: ${simulatedChips.join(', ')} are.`);
}
