/** A power meter on I2C (INA219) that counts how often it was asked: so each reading tells which one it is. */
import type { Chip } from '../../host-sim/bus/simulated-bus';

const busVoltage = 2;
const power = 3;
const current = 4;
const calibration = 5;
/** Of the bus voltage: above it are status bits. */
const shift = 3;
/** Readings after which they begin anew: 13 bits. */
const cycle = 8_192;
/** As the driver has it. */
const voltsPerCount = 0.004;

export interface MeterReading {
  boot: number;
  /** ms of the clock. */
  time: number;
  value: number;
}

/** What it has counted, by a record that the driver made of it. */
export function countOf({ volts }: { volts: number }): number {
  return Math.round(volts / voltsPerCount);
}

export class Meter implements Chip {
  static readonly address = 0x40;
  /** What it was asked, oldest first. */
  readonly readings: MeterReading[] = [];
  present = true;
  #pointer = 0;
  readonly #registers = new Uint16Array(6);
  readonly #boot: () => number;

  /** @param boot which one of the device asks */
  constructor(boot: () => number) {
    this.#boot = boot;
    this.#registers[power] = 10;
    this.#registers[current] = 100;
  }

  write([pointer, high, low]: Uint8Array): boolean {
    if (!this.present) return false;
    this.#pointer = pointer ?? this.#pointer;
    if (high !== undefined && low !== undefined && this.#pointer === calibration)
      this.#registers[calibration] = (high << 8) | low;
    return true;
  }

  read(_count: number, now: number): Uint8Array | undefined {
    if (!this.present) return undefined;
    if (this.#pointer === busVoltage) {
      const value = this.readings.length % cycle;
      this.readings.push({ boot: this.#boot(), time: now, value });
      this.#registers[busVoltage] = value << shift;
    }
    const register = this.#registers[this.#pointer]!;
    return Uint8Array.of(register >> 8, register & 0xff);
  }
}
