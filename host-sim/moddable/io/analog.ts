/** `embedded:io/analog`: pins and signals are in host-sim/xs/pins.c. One instance a pin, on a pin with a converter. */
import { claim, release } from './pin-table';

const attenuations = Object.freeze([0, 2.5, 6, 12]);

interface Options {
  pin: number;
  format?: string;
  target?: unknown;
  esp32?: { attenuation?: number };
}

class Analog {
  /** Read by the native; −1 when closed. */
  pin: number;
  target?: unknown;

  constructor(options: Options) {
    if (options.format !== undefined && options.format !== 'number') throw new RangeError('invalid format');
    const attenuation = options.esp32?.attenuation;
    if (attenuation !== undefined && !attenuations.includes(attenuation))
      throw new RangeError('bad attenuation');
    claim(options.pin, 'analog');
    this.pin = options.pin;
    if ('target' in options) this.target = options.target;
  }
  read() {
    return native('sim_analog_read').call(this);
  }
  get resolution() {
    return 12;
  }
  get format() {
    return 'number';
  }
  set format(value: string) {
    if (value !== 'number') throw new RangeError();
  }
  close() {
    if (this.pin < 0) return;
    release(this.pin);
    this.pin = -1;
  }
}

export default Analog;
