import Digital from 'embedded:io/digital';
import PWM from 'embedded:io/pwm';
import { type Chip, pinFault } from '../chips';
import type { Readable } from '../source';

/** 10 bits: the SDK's default, and possible from 65 Hz up on every chip. */
const RESOLUTION = 10;
/** micro-rdk's and the SDK's order of magnitude; motors take any of some kHz. */
const DEFAULT_HERTZ = 1000;

/** One GPIO: an input at first, an output from the first write on, PWM from the first duty on. */
export class GpioPin implements Readable<number> {
  private readonly chip: Chip;
  private readonly pin: number;
  private digital: Digital | undefined;
  private pwm: PWM | undefined;
  private output = false;
  /** What was written last: the chip does not read back a pin that is an output only. */
  private level: 0 | 1 = 0;
  private hertz = 0;
  private share = 0;

  constructor(chip: Chip, pin: number) {
    const fault = pinFault(chip, pin, false);
    if (fault) throw new Error(fault);
    this.chip = chip;
    this.pin = pin;
    this.digital = new Digital({ pin, mode: Digital.Input });
  }

  /** 0 or 1: the level of an input, what an output was last set to, whether PWM is on at all. */
  read(): number {
    if (this.output) return this.level;
    if (this.digital === undefined) throw new Error('the pin is closed');
    return this.digital.read();
  }

  write(high: boolean): void {
    this.level = high ? 1 : 0;
    if (this.digital && this.output) this.digital.write(this.level);
    else {
      this.beOutput();
      this.digital = new Digital({ pin: this.pin, mode: Digital.Output, initialValue: this.level });
    }
  }

  get frequency(): number {
    return this.hertz;
  }

  get duty(): number {
    return this.share;
  }

  /** Hz; 0 ends PWM and leaves the pin low. */
  setFrequency(hertz: number): void {
    if (hertz === 0) {
      if (this.pwm) this.write(false);
      return;
    }
    this.beOutput();
    this.hertz = hertz;
    this.pwm = new PWM({ pin: this.pin, hz: hertz, resolution: RESOLUTION });
    this.setDuty(0);
  }

  /** 0 … 1. */
  setDuty(duty: number): void {
    if (!(duty >= 0 && duty <= 1)) throw new RangeError(`duty must be from 0 to 1, not ${duty}`);
    if (!this.pwm) this.setFrequency(DEFAULT_HERTZ);
    this.pwm!.write(Math.round(duty * (2 ** RESOLUTION - 1)));
    this.share = duty;
    this.level = duty > 0 ? 1 : 0;
  }

  close(): void {
    this.digital?.close();
    this.pwm?.close();
    this.digital = undefined;
    this.pwm = undefined;
    this.output = false;
  }

  private beOutput(): void {
    const fault = pinFault(this.chip, this.pin, true);
    if (fault) throw new Error(fault);
    this.close();
    this.output = true;
    this.hertz = 0;
    this.share = 0;
  }
}
