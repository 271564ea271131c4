/**
 * `encoder`/`incremental`: a quadrature encoder, counted by the chip's pulse counter, whatever runs beside it.
 * Attributes as micro-rdk has them: `pins` {a, b}; `board` is accepted.
 *
 * The counter has 16 bits between two reads and begins anew at either end, so it is read as often as that takes,
 * however rarely it is captured: 40,000 ticks a second are counted, also while a flash sector is erased. A tick within
 * the two microseconds or so that the SDK takes from reading the counter to clearing it is lost.
 */

import PulseCount from 'embedded:io/pulsecount';
import Timer from 'timer';
import type { Encoder } from '../apis';
import { type DriverContext, required, usablePin } from '../driver';
import { type Source, sourceOf, unsupported } from '../source';

export default function build({ attributes, chip }: DriverContext): Encoder {
  attributes.raw('board');
  const pins = required(
    attributes.group('pins') ?? attributes.error('missing-attribute', 'pins', 'is required: {a, b}'),
  );
  if (!chip.pulseCount) throw new Error(`${chip.name} has no pulse counter`);
  const signal = usablePin(pins, 'a', chip);
  const control = usablePin(pins, 'b', chip);
  pins.finish();
  return new IncrementalEncoder(new PulseCount({ signal: required(signal), control: required(control) }));
}

/** ms between two reads at most, beside a stall. */
const longestUnread = 500;

class IncrementalEncoder implements Encoder {
  private readonly counter: PulseCount;
  private timer: Timer | undefined;

  constructor(counter: PulseCount) {
    this.counter = counter;
    this.timer = Timer.repeat(() => counter.read(), longestUnread);
  }

  source(method: string): Source {
    return method === 'TicksCount'
      ? sourceOf('integer', this.counter)
      : unsupported(method, 'encoder/incremental');
  }

  position(): number {
    return this.counter.read();
  }

  reset(): void {
    this.counter.write(0);
  }

  close(): void {
    Timer.clear(this.timer);
    this.timer = undefined;
    this.counter.close();
  }
}
