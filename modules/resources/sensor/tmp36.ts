/**
 * `sensor`/`tmp36`: the analog temperature sensor on a reader of the board. Attributes: `analog_reader`, `num_readings`
 * (how many are averaged, 1 by default), `board`.
 *
 * 10 mV a degree, 750 mV at 25 °C, so 500 mV at 0 °C (Analog Devices, TMP35/TMP36/TMP37 data sheet, rev. H, table 4).
 */

import { type DriverContext, required } from '../driver';
import { type NativeReadable, readingOf } from '../reading';
import { type Resource, type Source, sourceOf } from '../source';

/** Each costs a conversion of some 50 µs while everything else waits. */
const maximumReadings = 256;

export default function build(context: DriverContext): Resource {
  const { attributes } = context;
  const reader = required(attributes.requiredString('analog_reader'));
  const count = attributes.number('num_readings', { minimum: 1, maximum: maximumReadings, whole: true }) ?? 1;
  const board = context.board();
  return new Tmp36(board.analog(reader), board.analogRange(reader), count);
}

class Tmp36 implements Resource {
  private readonly analog: NativeReadable<number>;
  private readonly count: number;
  private readonly offset: number;
  private readonly step: number;
  private readonly record = { celsius: 0, fahrenheit: 0, millivolts: 0 };

  constructor(
    analog: NativeReadable<number>,
    range: { min: number; step: number; unit: string },
    count: number,
  ) {
    const millivolts = range.unit === 'V' ? 1000 : 1;
    this.analog = analog;
    this.count = count;
    this.offset = range.min * millivolts;
    this.step = (range.step * millivolts) / count;
  }

  source(): Source {
    return sourceOf('record', this);
  }

  read(): object {
    const { analog, record } = this;
    let sum = 0;
    for (let index = this.count; index > 0; index--) sum += readingOf(analog);
    // Whole tenths: finer digits would be noise of the division, and dear to store.
    const millivolts = Math.round((this.offset + sum * this.step) * 10) / 10;
    record.millivolts = millivolts;
    record.celsius = (millivolts * 10 - 5000) / 100;
    record.fahrenheit = Math.round(record.celsius * 180 + 3200) / 100;
    return record;
  }

  close(): void {}
}
