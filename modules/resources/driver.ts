/** What a driver is given to build a resource from. */

import type { Attributes } from '../config/attributes';
import type { Board } from './apis';
import { type Chip, pinFault } from './chips';
import type { Resource } from './source';

/** One model of one API. Throws when it cannot be built; what is wrong in the attributes it reports through them. */
export type Driver = (context: DriverContext) => Resource;

export interface DriverContext {
  /** `my-esp32` */
  readonly name: string;
  readonly attributes: Attributes;
  readonly chip: Chip;
  /**
   * A resource that is configured and built before this one.
   * @throws Error when there is none of that name and API
   */
  resource(api: string, name: string): Resource;
  /**
   * The board which the attribute `board` names; without it the only board there is.
   * @throws Error when there is none, or several and none is named
   */
  board(): Board;
}

/** Thrown after an attribute was reported as missing or wrong: the report says it all. */
export class Incomplete extends Error {}

/** Goes on only with a value: `required(attributes.requiredString('pin'))`. */
export function required<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Incomplete('attributes are missing or wrong');
  return value;
}

/** A pin attribute that must be there, of a pin that the chip can use so; else it is reported. */
export function usablePin(
  attributes: Attributes,
  name: string,
  chip: Chip,
  output = false,
): number | undefined {
  const pin = attributes.requiredPin(name);
  const fault = pin === undefined ? undefined : pinFault(chip, pin, output);
  return fault === undefined ? pin : attributes.error('out-of-range', name, fault);
}
