import type { Motor } from '../apis';
import { type Source, sourceOf, unsupported } from '../source';

/** The capture methods of any motor: Position in revolutions, and IsPowered `{is_on, power_pct}` from -1 to 1. */
export class MotorSources {
  private readonly motor: Motor;
  private readonly powered = { is_on: false, power_pct: 0 };

  constructor(motor: Motor) {
    this.motor = motor;
  }

  source(method: string, model: string): Source {
    const { motor, powered } = this;
    if (method === 'Position') return sourceOf('double', { read: () => motor.position() });
    if (method !== 'IsPowered') return unsupported(method, model);
    const read = () => {
      powered.power_pct = motor.power();
      powered.is_on = powered.power_pct !== 0;
      return powered;
    };
    return sourceOf('record', { read });
  }
}
