/** What stands on the pins of a simulated board: recordings of the demonstration, or what the user says, or something. */
import { join } from 'node:path';
import { readRecording } from '@sluice/host-sim/recording';
import { constant, noise, type Signal, samples, sine, toggle } from '@sluice/host-sim/signals';
import { partLimits, readJson } from '../../modules/config/json';
import { parsePart } from '../../modules/config/part';
import { type Chip, pinFault } from '../../modules/resources/chips';

export type PinSignals = Record<number, Signal[]>;

const recordings = join(import.meta.dirname, '..', '..', 'test', 'data');
/** Hours of the recorded temperature in a second. */
const hoursPerSecond = 0.5;
const temperatureRate = 20;

/** The recordings' sources and licences stand beside them. */
export function demonstrationSignals(): PinSignals {
  const read = (name: string) => readRecording(join(recordings, name)).values;
  const ecg = read('ecg-mlii-360hz.csv');
  const celsius = read('ambient-temperature-hourly.csv').map((fahrenheit) => (fahrenheit - 32) / 1.8);
  const perHour = temperatureRate / hoursPerSecond;
  const temperature = Float64Array.from({ length: (celsius.length - 1) * perHour }, (_, index) => {
    const hour = Math.floor(index / perHour);
    const share = (index % perHour) / perHour;
    return tmp36Counts(celsius[hour]! * (1 - share) + celsius[hour + 1]! * share);
  });
  return {
    34: [samples(ecg, 360)],
    35: [samples(temperature, temperatureRate), noise(1.5, 1)],
    32: [constant(tmp36Counts(21.5)), noise(3, 2)],
    27: [toggle(2)],
  };
}

/**
 * A slow wave on each analog input of a configuration and a level that toggles on each pin, so that something moves.
 * Pins that the chip has not are left out, as the board leaves them out.
 */
export function anySignals(configuration: string, chip: Chip): PinSignals {
  const signals: PinSignals = {};
  for (const { api, attributes } of parsePart(configuration).resources) {
    if (api !== 'rdk:component:board') continue;
    const board = readJson(attributes, partLimits).value;
    const pinsOf = (list: string, member?: string) =>
      (board?.member(list)?.elements() ?? [])
        .map((entry) => Number((member === undefined ? entry : entry.member(member))?.string() || Number.NaN))
        .filter((pin) => pinFault(chip, pin, false) === undefined);
    for (const pin of [...pinsOf('pins'), ...pinsOf('digital_interrupts', 'pin')]) signals[pin] = [toggle(2)];
    pinsOf('analogs', 'pin').forEach((pin, index) => {
      signals[pin] = [constant(2048), sine(800, 0.2 + 0.1 * index), noise(2, index + 1)];
    });
  }
  return signals;
}

/** 10 mV a degree from 500 mV at 0 °C, as the analog input counts them at 12 dB. */
function tmp36Counts(celsius: number): number {
  return ((500 + 10 * celsius) * 4095) / 2450;
}
