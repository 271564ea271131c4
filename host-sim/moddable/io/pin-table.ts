/** Which pins are taken, for all io modules: as on a board, a pin serves one instance at a time. */
import { chip } from 'sim/board';

let taken: Record<number, true> | undefined;

/**
 * Throws when the pin is in use, is not there, or has no converter (`analog`) or driver (`output`). One that carries the
 * flash is free in the SDK; a board that opens it hangs there.
 */
export function claim(pin: number, purpose: 'input' | 'output' | 'analog'): void {
  const [first, last] = chip.pins;
  if (!Number.isInteger(pin) || pin < first || pin > last || chip.absent.includes(pin))
    throw new Error('invalid pin');
  if (purpose === 'analog' && !chip.analog.includes(pin)) throw new RangeError('not analog pin');
  if (purpose === 'output' && chip.inputOnly.includes(pin)) throw new RangeError('input only');
  if (chip.flash.includes(pin)) throw new Error('the pin carries the flash: a board hangs here');
  taken ??= {};
  if (taken[pin]) throw new Error('in use');
  taken[pin] = true;
}

export function release(pin: number): void {
  if (taken) delete taken[pin];
}
