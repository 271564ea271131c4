/** The names of the arguments of calls: a device learns no others, see replies.ts. */
import { captureMethods } from '../config/methods';

/** Of the actions in modules/device/calls, and of `FlashMap`. */
const actionArguments: readonly string[] = Object.freeze([
  'analog_reader_name',
  'pin',
  'high',
  'duty_cycle_pct',
  'frequency_hz',
  'digital_interrupt_name',
  'power_pct',
  'angle_deg',
  'from',
]);

/** The names of all arguments that any call takes. */
export function argumentNames(): string[] {
  const names = [...actionArguments];
  for (const { parameters } of captureMethods)
    for (const name of parameters) if (!names.includes(name)) names.push(name);
  return names;
}
