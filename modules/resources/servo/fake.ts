/** `servo`/`fake`: stands at `fake_position` degrees, 0 by default, until it is moved. */

import type { Servo } from '../apis';
import type { DriverContext } from '../driver';
import { type Source, sourceOf, unsupported } from '../source';

export default function build({ attributes }: DriverContext): Servo {
  return new FakeServo(attributes.number('fake_position', { minimum: 0, maximum: 360, whole: true }) ?? 0);
}

class FakeServo implements Servo {
  private degrees: number;

  constructor(degrees: number) {
    this.degrees = degrees;
  }

  source(method: string): Source {
    return method === 'Position' ? sourceOf('integer', this) : unsupported(method, 'servo/fake');
  }

  read(): number {
    return this.degrees;
  }

  move(degrees: number): void {
    this.degrees = Math.max(0, Math.min(360, Math.round(degrees)));
  }

  position(): number {
    return this.degrees;
  }

  stop(): void {}
  close(): void {}
}
