/** Which pins are taken, for all io modules: as on a board, a pin serves one instance at a time. */
import { analogPins } from 'sim/board';

let taken: Record<number, true> | undefined;

/** Throws when the pin is in use, is not there, or (`analog`) has no converter. */
export function claim(pin: number, analog: boolean): void {
  if (!Number.isInteger(pin) || pin < 0 || pin > 48) throw new Error('invalid pin');
  if (analog && !analogPins.includes(pin)) throw new RangeError('not analog pin');
  taken ??= {};
  if (taken[pin]) throw new Error('in use');
  taken[pin] = true;
}

export function release(pin: number): void {
  if (taken) delete taken[pin];
}
