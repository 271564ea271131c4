/**
 * `motor`/`gpio`: a direct current motor behind a driver chip. Attributes as the peers have them: `board`; `pins` with
 * `a`, `b` and `pwm`, or `a` and `b`, or `dir` and `pwm`; `pwm_freq` (Hz, 1,000 by default), `dir_flip`, `max_rpm`,
 * `encoder` with `ticks_per_rotation` for the position.
 */

import type { Board, Encoder, Motor } from '../apis';
import { type DriverContext, required } from '../driver';
import { SingleEncoder } from '../encoder/single';
import type { Source } from '../source';
import { MotorSources } from './motor-sources';

interface Pins {
  a?: string;
  b?: string;
  dir?: string;
  pwm?: string;
}

export default function build(context: DriverContext): Motor {
  const { attributes } = context;
  const group = required(
    attributes.group('pins') ?? attributes.error('missing-attribute', 'pins', 'is required'),
  );
  const pins: Pins = {
    a: group.string('a'),
    b: group.string('b'),
    dir: group.string('dir'),
    pwm: group.string('pwm'),
  };
  group.finish();
  const wired = (pins.a && pins.b) || (pins.dir && pins.pwm);
  if (!wired)
    required(attributes.error('missing-attribute', 'pins', 'needs a, b and pwm, or a and b, or dir and pwm'));
  const hertz = attributes.number('pwm_freq', { minimum: 65, maximum: 40_000, whole: true }) || 1000;
  const flip = attributes.boolean('dir_flip') ?? false;
  const ticks = attributes.number('ticks_per_rotation', { minimum: 1 }) ?? 1;
  // Needed only for going a number of turns, which is the main's.
  attributes.raw('max_rpm');
  const encoder = attributes.string('encoder');
  const counter = encoder ? (context.resource('rdk:component:encoder', encoder) as Encoder) : undefined;
  return new GpioMotor(context.board(), pins, { hertz, flip, ticks, encoder: counter });
}

class GpioMotor implements Motor {
  private readonly sources = new MotorSources(this);
  private readonly board: Board;
  private readonly pins: Pins;
  private readonly options: { hertz: number; flip: boolean; ticks: number; encoder: Encoder | undefined };
  private share = 0;

  constructor(board: Board, pins: Pins, options: GpioMotor['options']) {
    this.board = board;
    this.pins = pins;
    this.options = options;
    this.stop();
  }

  source(method: string): Source {
    if (method === 'Position' && !this.options.encoder)
      throw new Error('the motor has no encoder, so no position');
    return this.sources.source(method, 'motor/gpio');
  }

  setPower(power: number): void {
    if (!(power >= -1 && power <= 1)) throw new RangeError(`power must be from -1 to 1, not ${power}`);
    const { board, pins, options } = this;
    const forward = power > 0 !== options.flip;
    const duty = Math.abs(power);
    if (options.encoder instanceof SingleEncoder && power !== 0) options.encoder.setForward(forward);
    if (pins.dir && pins.pwm) {
      board.setGpio(pins.dir, forward);
      this.setDuty(pins.pwm, duty);
    } else if (pins.pwm) {
      board.setGpio(pins.a!, forward && power !== 0);
      board.setGpio(pins.b!, !forward && power !== 0);
      this.setDuty(pins.pwm, duty);
    } else {
      this.drive(forward ? pins.a! : pins.b!, forward ? pins.b! : pins.a!, duty);
    }
    this.share = power;
  }

  stop(): void {
    this.setPower(0);
  }

  power(): number {
    return this.share;
  }

  position(): number {
    const { encoder, ticks } = this.options;
    if (!encoder) throw new Error('the motor has no encoder, so no position');
    return encoder.position() / ticks;
  }

  close(): void {
    // The board may be closed before a motor that could not be built: then its pins are let go already.
    try {
      this.stop();
    } catch {
      this.share = 0;
    }
  }

  /** Two pins only: the one has the duty, the other is low. */
  private drive(on: string, off: string, duty: number): void {
    if (this.board.pwmFrequency(off) !== 0) this.board.setPwmFrequency(off, 0);
    else this.board.setGpio(off, false);
    this.setDuty(on, duty);
  }

  private setDuty(pin: string, duty: number): void {
    if (this.board.pwmFrequency(pin) !== this.options.hertz)
      this.board.setPwmFrequency(pin, this.options.hertz);
    this.board.setPwmDuty(pin, duty);
  }
}
