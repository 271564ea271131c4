/** Which pins are taken, and by whom: the simulator's `pin-table` with an owner's name, so that both can be named. */
import { analogFault, pinFault } from '../../../modules/resources/chips';
import { chip } from './board';

interface Owner {
  name: string;
  path: string;
}

let owner: Owner = { name: '', path: '' };
let taken = new Map<number, Owner>();
/** What else a pin is for: `modules/resources/chips`. */
export type OtherUse = 'console' | 'strapping';
let onOtherUse: (pin: number, use: OtherUse, owner: Owner) => void = () => undefined;

/** Nobody has any pin. @param told of each pin that is taken and has another use too */
export function freePins(told: typeof onOtherUse): void {
  taken = new Map();
  onOtherUse = told;
}

/** Whom pins go to from now on. */
export function claimFor(name: string, path: string): void {
  owner = { name, path };
}

/** @throws when the pin is in use, is not there, carries the flash, or cannot serve the purpose */
export function claim(pin: number, purpose: 'input' | 'output' | 'analog'): void {
  const fault =
    pinFault(chip, pin, purpose === 'output') ?? (purpose === 'analog' ? analogFault(chip, pin) : undefined);
  if (fault !== undefined) throw new Error(fault);
  const other = taken.get(pin);
  if (other) throw new Error(`GPIO ${pin} is in use already, by "${other.name}" (${other.path})`);
  taken.set(pin, owner);
  for (const use of ['console', 'strapping'] as const)
    if (chip[use].includes(pin)) onOtherUse(pin, use, owner);
}

export function release(pin: number): void {
  taken.delete(pin);
}
