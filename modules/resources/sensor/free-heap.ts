/** `sensor`/`free-heap`: bytes of the system's heap that are free. Measured in instrumented builds (`mcconfig -i`). */

import Instrumentation from 'instrumentation';
import { type Resource, type Source, sourceOf } from '../source';

export default function build(): Resource {
  const index = Instrumentation.map('System Free Memory');
  if (index === undefined)
    throw new Error('free memory is measured in instrumented builds only: mcconfig -i');
  return new FreeHeap(index);
}

class FreeHeap implements Resource {
  private readonly index: number;
  private readonly record = { bytes: 0 };

  constructor(index: number) {
    this.index = index;
  }

  source(): Source {
    return sourceOf('record', this);
  }

  read(): object {
    const bytes = Instrumentation.get(this.index);
    if (bytes === undefined) throw new Error('free memory is not measured');
    this.record.bytes = bytes;
    return this.record;
  }

  close(): void {}
}
