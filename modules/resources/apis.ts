/** The typed actions of each API, beside its sources: what remote calls and other drivers use. */

import type { NativeReadable, Readable } from './reading';
import type { Resource } from './source';

/** Pins go by GPIO number in text, readers and interrupts by their configured name. All throw Error when unknown. */
export interface Board extends Resource {
  /** Raw counts; the same object for all who ask. */
  analog(name: string): NativeReadable<number>;
  /** Volts of a raw count: min + count × step. */
  analogRange(name: string): { min: number; max: number; step: number; unit: string };
  /** 0 or 1. */
  gpio(pin: string): Readable<number>;
  /** Makes the pin an output. */
  setGpio(pin: string, high: boolean): void;
  /** 0 … 1; 0 for a pin without PWM. */
  pwmDuty(pin: string): number;
  setPwmDuty(pin: string, duty: number): void;
  /** Hz; 0 for a pin without PWM. */
  pwmFrequency(pin: string): number;
  /** 0 ends PWM on the pin. */
  setPwmFrequency(pin: string, hertz: number): void;
  /** Rising edges since the start, of `digital_interrupts` by name or pin. */
  interruptCount(name: string): number;
  /** An I²C bus of the board by name. */
  i2c(name: string): I2CBus;
}

/** How a driver reaches its chip. */
export interface I2CBus {
  data: number;
  clock: number;
  hz: number;
  port?: number;
}

export interface Encoder extends Resource {
  /** Ticks since the start or the last reset; may have a fraction. */
  position(): number;
  reset(): void;
}

export interface Motor extends Resource {
  /** -1 … 1 of full power; outside it throws RangeError. */
  setPower(power: number): void;
  stop(): void;
  power(): number;
  /** Revolutions. Throws Error without an encoder. */
  position(): number;
}

export interface Servo extends Resource {
  /** Whole degrees; outside the configured angles the nearest of them is taken. */
  move(degrees: number): void;
  /** Degrees. */
  position(): number;
  stop(): void;
}
