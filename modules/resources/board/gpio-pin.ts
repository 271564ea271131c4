import Digital from 'embedded:io/digital';
import PWM from 'embedded:io/pwm';
import { type Chip, pinFault } from '../chips';
import type { Readable } from '../reading';

/** 10 bits: the SDK's default, and possible from 65 Hz up on every chip. */
const dutyBits = 10;
/** micro-rdk's and the SDK's order of magnitude; motors take any of some kHz. */
const defaultHertz = 1000;

/** What only an output has: most pins never are one. */
class Output {
  /** What was written last: the chip does not read back a pin that is an output only. */
  level: 0 | 1 = 0;
  pwm: PWM | undefined = undefined;
  hertz = 0;
  share = 0;
}

/** One GPIO: an input at first, an output from the first write on, PWM from the first duty on. */
export class GpioPin implements Readable<number> {
  readonly pin: number;
  private readonly chip: Chip;
  /** Undefined under PWM, and when closed. */
  private digital: Digital | undefined;
  private output: Output | undefined = undefined;

  constructor(chip: Chip, pin: number) {
    const fault = pinFault(chip, pin, false);
    if (fault) throw new Error(fault);
    this.chip = chip;
    this.pin = pin;
    this.digital = new Digital({ pin, mode: Digital.Input });
  }

  /** 0 or 1: the level of an input, what an output was last set to, whether PWM is on at all. */
  read(): number {
    if (this.output !== undefined) return this.output.level;
    if (this.digital === undefined) throw new Error('the pin is closed');
    return this.digital.read();
  }

  write(high: boolean): void {
    const level = high ? 1 : 0;
    if (this.digital && this.output) {
      this.digital.write(level);
      this.output.level = level;
    } else {
      this.beOutput().level = level;
      this.digital = new Digital({ pin: this.pin, mode: Digital.Output, initialValue: level });
    }
  }

  get frequency(): number {
    return this.output?.hertz ?? 0;
  }

  get duty(): number {
    return this.output?.share ?? 0;
  }

  /** Hz; 0 ends PWM and leaves the pin low. */
  setFrequency(hertz: number): void {
    if (hertz === 0) {
      if (this.output?.pwm) this.write(false);
      return;
    }
    const output = this.beOutput();
    output.hertz = hertz;
    output.pwm = new PWM({ pin: this.pin, hz: hertz, resolution: dutyBits });
    this.setDuty(0);
  }

  /** 0 … 1. */
  setDuty(duty: number): void {
    if (!(duty >= 0 && duty <= 1)) throw new RangeError(`duty must be from 0 to 1, not ${duty}`);
    if (!this.output?.pwm) this.setFrequency(defaultHertz);
    const output = this.output!;
    output.pwm!.write(Math.round(duty * (2 ** dutyBits - 1)));
    output.share = duty;
    output.level = duty > 0 ? 1 : 0;
  }

  close(): void {
    this.digital?.close();
    this.output?.pwm?.close();
    this.digital = undefined;
    this.output = undefined;
  }

  private beOutput(): Output {
    const fault = pinFault(this.chip, this.pin, true);
    if (fault) throw new Error(fault);
    this.close();
    this.output = new Output();
    return this.output;
  }
}
