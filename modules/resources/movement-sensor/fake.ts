/**
 * `movement_sensor`/`fake`: stands still and moves at once, as micro-rdk's and viam-server's do. Attributes: `fake_lat`,
 * `fake_lon`, `fake_alt`, `lin_acc_x`, `lin_acc_y`, `lin_acc_z`.
 */

import type { DriverContext } from '../driver';
import { type Resource, type Source, sourceOf, unsupported } from '../source';

export default function build({ attributes }: DriverContext): Resource {
  const position = {
    latitude: attributes.number('fake_lat', { minimum: -90, maximum: 90 }) ?? 27.33,
    longitude: attributes.number('fake_lon', { minimum: -180, maximum: 180 }) ?? 29.45,
    altitude_m: attributes.number('fake_alt') ?? 4572.2,
  };
  const acceleration = {
    x: attributes.number('lin_acc_x') ?? 5,
    y: attributes.number('lin_acc_y') ?? 2,
    z: attributes.number('lin_acc_z') ?? 3,
  };
  const { latitude, longitude, altitude_m } = position;
  return new FakeMovementSensor({
    Position: position,
    LinearAcceleration: acceleration,
    LinearVelocity: { x: 0, y: 5.4, z: 0 },
    AngularVelocity: { x: 0, y: 0, z: 1 },
    Orientation: { o_x: 0, o_y: 0, o_z: 1, theta: 0 },
    Readings: {
      position: { coordinate: { latitude, longitude }, altitude_m },
      linear_acceleration: acceleration,
      compass_heading: compassHeading,
    },
  });
}

/** Degrees from north. */
const compassHeading = 42;

class FakeMovementSensor implements Resource {
  private readonly records: Readonly<Record<string, object>>;

  constructor(records: Readonly<Record<string, object>>) {
    this.records = records;
  }

  source(method: string): Source {
    if (method === 'CompassHeading') return sourceOf('double', { read: () => compassHeading });
    const record = Object.hasOwn(this.records, method) ? this.records[method] : undefined;
    if (!record) return unsupported(method, 'movement_sensor/fake');
    return sourceOf('record', { read: () => record });
  }

  close(): void {}
}
