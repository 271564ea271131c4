/** `gantry`/`fake`: axes of `lengths_mm` ([1000] by default) at `positions_mm` ([120] by default). */

import type { DriverContext } from '../driver';
import { fieldsOf, type Resource, type Source, sourceOf, unsupported } from '../source';

const maximumAxes = 12;

export default function build({ attributes }: DriverContext): Resource {
  const lengths = attributes.numbers('lengths_mm', { minimum: 0 }).slice(0, maximumAxes);
  const positions = attributes.numbers('positions_mm').slice(0, maximumAxes);
  return new FakeGantry(
    fieldsOf(lengths.length > 0 ? lengths : [1000]),
    fieldsOf(positions.length > 0 ? positions : [120]),
  );
}

class FakeGantry implements Resource {
  private readonly lengths: object;
  private readonly positions: object;

  constructor(lengths: object, positions: object) {
    this.lengths = lengths;
    this.positions = positions;
  }

  source(method: string): Source {
    const { lengths, positions } = this;
    if (method === 'Lengths') return sourceOf('record', { read: () => lengths });
    if (method === 'Position') return sourceOf('record', { read: () => positions });
    return unsupported(method, 'gantry/fake');
  }

  close(): void {}
}
