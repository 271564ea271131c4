/**
 * `board`/`fake`: no hardware. Attributes: `analogs` {"name": value} as micro-rdk has it, or a list of {name, pin,
 * value}; pins come into being when they are used.
 */

import type { ReadingRange } from '../../config/methods';
import type { Board, I2CBus } from '../apis';
import type { DriverContext } from '../driver';
import type { Readable } from '../reading';
import { type Source, sourceOf, unsupported } from '../source';

export default function build({ attributes }: DriverContext): Board {
  const board = new FakeBoard();
  if (attributes.raw('analogs')?.kind === 'object') {
    const analogs = attributes.group('analogs')!;
    for (const name of analogs.names()) board.analogs.set(name, new Fixed(analogs.number(name) ?? 0));
  } else {
    const analogs = attributes.objects('analogs');
    for (let analog = analogs.next(); analog; analog = analogs.next()) {
      const name = analog.requiredString('name');
      analog.raw('pin');
      const value = analog.number('value') ?? 0;
      analog.finish();
      if (name !== undefined) board.analogs.set(name, new Fixed(value));
    }
  }
  for (const pin of attributes.list('pins')) board.pin(pin.string());
  for (const other of ['digital_interrupts', 'i2cs']) attributes.raw(other);
  return board;
}

const range: ReadingRange = Object.freeze({ min: 0, max: 2.45, step: 2.45 / 4095, unit: 'V' });

class Fixed implements Readable<number> {
  value: number;
  duty = 0;
  frequency = 0;

  constructor(value: number) {
    this.value = value;
  }

  read(): number {
    return this.value;
  }
}

class FakeBoard implements Board {
  readonly analogs = new Map<string, Fixed>();
  private readonly pins = new Map<string, Fixed>();

  source(method: string, parameters: Readonly<Record<string, string>>): Source {
    if (method === 'Analogs')
      return sourceOf('integer', this.analog(parameters.reader_name), this.analogRange());
    if (method === 'Gpios') return sourceOf('boolean', this.pin(parameters.pin_name));
    return unsupported(method, 'board/fake');
  }

  analog(name: string): Fixed {
    const analog = this.analogs.get(name);
    if (!analog) throw new Error(`no analog reader "${name}"`);
    return analog;
  }

  analogRange(): ReadingRange {
    return range;
  }

  gpio(pin: string): Readable<number> {
    return this.pin(pin);
  }

  pin(name: string): Fixed {
    let pin = this.pins.get(name);
    if (!pin) {
      pin = new Fixed(0);
      this.pins.set(name, pin);
    }
    return pin;
  }

  setGpio(pin: string, high: boolean): void {
    this.pin(pin).value = high ? 1 : 0;
  }

  pwmDuty(pin: string): number {
    return this.pin(pin).duty;
  }

  setPwmDuty(pin: string, duty: number): void {
    if (!(duty >= 0 && duty <= 1)) throw new RangeError(`duty must be from 0 to 1, not ${duty}`);
    this.pin(pin).duty = duty;
  }

  pwmFrequency(pin: string): number {
    return this.pin(pin).frequency;
  }

  setPwmFrequency(pin: string, hertz: number): void {
    this.pin(pin).frequency = hertz;
  }

  interruptCount(): number {
    return 0;
  }

  i2c(name: string): I2CBus {
    throw new Error(`no I²C bus "${name}": a fake board has none`);
  }

  close(): void {}
}
