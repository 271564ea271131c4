/** What `sluice start` runs when nothing else is said: configurations and recorded signals, on pins that the chip has. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BoardName } from '@sluice/host-sim/manifest/boards';
import { demonstrationSignals, type PinSignals } from './signals';

interface Demonstration {
  /** Name of the board. */
  part: string;
  /** Its own configuration, and the main part's. */
  configuration: string;
  machine: string;
  pins: PinSignals;
}

/** The files have an ESP32's pins; in the place of each stands another on the other chips. */
const pinsOf: Readonly<Record<BoardName, Readonly<Record<number, number>>>> = {
  esp32: {},
  esp32c3: { 34: 0, 35: 1, 32: 3, 27: 5 },
  esp32s3: { 34: 4, 35: 5, 32: 6, 27: 7 },
};

export async function demonstration(chip: BoardName): Promise<Demonstration> {
  const on = (pin: number) => pinsOf[chip][pin] ?? pin;
  const signals = Object.entries(demonstrationSignals());
  return {
    part: 'esp-home',
    configuration: movePins(await textOf('esp-home.json'), on),
    machine: movePins(await textOf('main.json'), on),
    pins: Object.fromEntries(signals.map(([pin, each]) => [on(Number(pin)), each])),
  };
}

function textOf(name: string): Promise<string> {
  return readFile(join(import.meta.dirname, name), 'utf8');
}

function movePins(configuration: string, on: (pin: number) => number): string {
  const moved = (key: string, value: unknown) => {
    if (key === 'pins') return (value as number[]).map(on);
    return key === 'pin' || key === 'pin_name' ? String(on(Number(value))) : value;
  };
  return JSON.stringify(JSON.parse(configuration, moved));
}
