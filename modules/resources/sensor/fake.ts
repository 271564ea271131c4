/** `sensor`/`fake`: always `fake_value` (micro-rdk's attribute and default). */

import type { DriverContext } from '../driver';
import { type Resource, type Source, sourceOf } from '../source';

export default function build({ attributes }: DriverContext): Resource {
  return new FakeSensor(attributes.number('fake_value') ?? 42.42);
}

class FakeSensor implements Resource {
  private readonly record: { fake_sensor: number };

  constructor(value: number) {
    this.record = { fake_sensor: value };
  }

  source(): Source {
    return sourceOf('record', this);
  }

  read(): object {
    return this.record;
  }

  close(): void {}
}
