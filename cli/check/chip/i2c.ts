/** `embedded:io/i2c`: the simulator's, up to the first transfer. Whether a chip answers only a board can tell. */
import Simulated from '../../../host-sim/moddable/io/i2c';

/** What a driver is stopped by when it talks to its chip: its attributes and pins were right so far. */
export { noAnswer as chipAsked } from '../../../modules/resources/i2c/register-device';

const unknown = 'only the chip itself can answer';

export default class I2C extends Simulated {
  override read(): never {
    throw new Error(unknown);
  }
  override write(): never {
    throw new Error(unknown);
  }
  override writeRead(): never {
    throw new Error(unknown);
  }
}
