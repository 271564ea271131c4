/**
 * `encoder`/`incremental`: a quadrature encoder, counted by the chip's pulse counter: no edge is lost, whatever runs.
 * Attributes as micro-rdk has them: `pins` {a, b}; `board` is accepted.
 *
 * The counter is 16 bits wide between two reads: it must be read before 32,767 ticks have passed.
 */

import PulseCount from 'embedded:io/pulsecount';
import type { Encoder } from '../apis';
import { pinFault } from '../chips';
import { type DriverContext, required } from '../driver';
import { type Source, sourceOf, unsupported } from '../source';

export default function build({ attributes, chip }: DriverContext): Encoder {
  attributes.raw('board');
  const pins = required(
    attributes.group('pins') ?? attributes.error('missing-attribute', 'pins', 'is required: {a, b}'),
  );
  const a = pins.requiredPin('a');
  const b = pins.requiredPin('b');
  pins.finish();
  const signal = required(a);
  const control = required(b);
  if (!chip.pulseCount) throw new Error(`${chip.name} has no pulse counter`);
  const fault = pinFault(chip, signal, false) ?? pinFault(chip, control, false);
  if (fault) throw new Error(fault);
  return new IncrementalEncoder(new PulseCount({ signal, control }));
}

class IncrementalEncoder implements Encoder {
  private readonly counter: PulseCount;

  constructor(counter: PulseCount) {
    this.counter = counter;
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
    this.counter.close();
  }
}
