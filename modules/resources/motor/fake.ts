/** `motor`/`fake`: stands at `fake_position` (10 by default); while it has power each reading finds it 1 further. */

import type { Motor } from '../apis';
import type { DriverContext } from '../driver';
import type { Source } from '../source';
import { MotorSources } from './motor-sources';

export default function build({ attributes }: DriverContext): Motor {
  // Needed only for going a number of turns, which fakes do not.
  for (const other of ['max_rpm', 'board', 'pins', 'encoder', 'pwm_freq']) attributes.raw(other);
  return new FakeMotor(attributes.number('fake_position') ?? 10);
}

class FakeMotor implements Motor {
  private readonly sources = new MotorSources(this);
  private turns: number;
  private share = 0;

  constructor(turns: number) {
    this.turns = turns;
  }

  source(method: string): Source {
    return this.sources.source(method, 'motor/fake');
  }

  setPower(power: number): void {
    if (!(power >= -1 && power <= 1)) throw new RangeError(`power must be from -1 to 1, not ${power}`);
    this.share = power;
  }

  stop(): void {
    this.share = 0;
  }

  power(): number {
    return this.share;
  }

  position(): number {
    if (this.share !== 0) this.turns += Math.sign(this.share);
    return this.turns;
  }

  close(): void {}
}
