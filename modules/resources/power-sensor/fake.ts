/** `power_sensor`/`fake`: 4.8 V, 2 A, direct current. */

import { type Resource, type Source, sourceOf } from '../source';

export default function build(): Resource {
  return new FakePowerSensor();
}

class FakePowerSensor implements Resource {
  private readonly record = { volts: 4.8, amps: 2, is_ac: false, watts: 9.6 };

  source(): Source {
    return sourceOf('record', this);
  }

  read(): object {
    return this.record;
  }

  close(): void {}
}
