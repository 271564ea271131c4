/** `embedded:io/i2c`: the simulator's, up to the first transfer. Whether a chip answers only a board can tell. */
import Simulated from '../../../host-sim/moddable/io/i2c';

/** What a driver is stopped by when it talks to its chip: its attributes and pins were right so far. */
export const chipAsked = 'only the chip itself can answer';

export default class I2C extends Simulated {
  override read(): never {
    throw new Error(chipAsked);
  }
  override write(): never {
    throw new Error(chipAsked);
  }
  override writeRead(): never {
    throw new Error(chipAsked);
  }
}
