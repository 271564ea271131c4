/** `encoder`/`fake` and `fake_incremental`: stands at `fake_ticks`, 0 by default. */

import type { Encoder } from '../apis';
import type { DriverContext } from '../driver';
import { type Source, sourceOf, unsupported } from '../source';

export default function build({ attributes }: DriverContext): Encoder {
  // Degrees are not captured: TicksCount is ticks.
  attributes.raw('fake_deg');
  return new FakeEncoder(attributes.number('fake_ticks', { whole: true }) ?? 0);
}

class FakeEncoder implements Encoder {
  private ticks: number;

  constructor(ticks: number) {
    this.ticks = ticks;
  }

  source(method: string): Source {
    return method === 'TicksCount' ? sourceOf('integer', this) : unsupported(method, 'encoder/fake');
  }

  read(): number {
    return this.ticks;
  }

  position(): number {
    return this.ticks;
  }

  reset(): void {
    this.ticks = 0;
  }

  close(): void {}
}
