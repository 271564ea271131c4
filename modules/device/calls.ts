/**
 * Remote calls: the typed actions of resources by the names of Viam's API.
 *
 * In: resource, method, arguments from outside. Out: plain data.
 * Holds: every argument is checked; an unknown resource or method, or a wrong argument, is a CallError and does
 * nothing. Nothing here runs unless the caller has proved the part's secret (modules/uplink).
 */
import { CallError } from '../../proto/call-error';
import { findMethodOf } from '../config/methods';
import type { Board, Encoder, Motor, Servo } from '../resources/apis';
import { readingOf } from '../resources/reading';
import type { Resource } from '../resources/source';

type Arguments = Readonly<Record<string, unknown>>;
type Action<Kind extends Resource> = (resource: Kind, parameters: Arguments) => unknown;

const board: Record<string, Action<Board>> = {
  ReadAnalogReader: (resource, parameters) => {
    const name = text(parameters, 'analog_reader_name');
    const { min, max, step, unit } = resource.analogRange(name);
    const volts = unit === 'mV' ? 1000 : 1;
    const value = readingOf(resource.analog(name));
    return { value, min_range: min / volts, max_range: max / volts, step_size: step / volts };
  },
  GetGPIO: (resource, parameters) => ({ high: resource.gpio(text(parameters, 'pin')).read() !== 0 }),
  SetGPIO: (resource, parameters) =>
    done(resource.setGpio(text(parameters, 'pin'), flag(parameters, 'high'))),
  PWM: (resource, parameters) => ({ duty_cycle_pct: resource.pwmDuty(text(parameters, 'pin')) }),
  SetPWM: (resource, parameters) =>
    done(resource.setPwmDuty(text(parameters, 'pin'), number(parameters, 'duty_cycle_pct', 0, 1))),
  PWMFrequency: (resource, parameters) => ({ frequency_hz: resource.pwmFrequency(text(parameters, 'pin')) }),
  SetPWMFrequency: (resource, parameters) =>
    done(
      resource.setPwmFrequency(text(parameters, 'pin'), number(parameters, 'frequency_hz', 0, 40_000_000)),
    ),
  GetDigitalInterruptValue: (resource, parameters) => ({
    value: resource.interruptCount(text(parameters, 'digital_interrupt_name')),
  }),
};

const encoder: Record<string, Action<Encoder>> = {
  GetPosition: (resource) => ({ value: resource.position(), position_type: 1 }),
  ResetPosition: (resource) => done(resource.reset()),
};

const motor: Record<string, Action<Motor>> = {
  SetPower: (resource, parameters) => done(resource.setPower(number(parameters, 'power_pct', -1, 1))),
  Stop: (resource) => done(resource.stop()),
  IsPowered: (resource) => ({ is_on: resource.power() !== 0, power_pct: Math.abs(resource.power()) }),
  GetPosition: (resource) => ({ position: resource.position() }),
};

const servo: Record<string, Action<Servo>> = {
  Move: (resource, parameters) => done(resource.move(number(parameters, 'angle_deg', 0, 360))),
  GetPosition: (resource) => ({ position_deg: resource.position() }),
  Stop: (resource) => done(resource.stop()),
};

/** By API and method. A Map: what a caller names must not become a property, which XS never forgets. */
const actions: ReadonlyMap<string, Action<never>> = new Map<string, Action<never>>([
  ...rowsOf('rdk:component:board', board),
  ...rowsOf('rdk:component:encoder', encoder),
  ...rowsOf('rdk:component:motor', motor),
  ...rowsOf('rdk:component:servo', servo),
]);

function rowsOf(api: string, methods: Record<string, Action<never>>): [string, Action<never>][] {
  return Object.entries(methods).map(([method, action]) => [`${api} ${method}`, action]);
}

/**
 * Calls a method of a resource: one of its API's actions, else a capture method by its name (`Readings`,
 * `GetReadings`), read once.
 * @throws CallError
 */
export function callResource(
  resource: Resource | undefined,
  name: string,
  method: string,
  parameters: Arguments,
): unknown {
  if (!resource) throw new CallError('unknown-resource', `there is no resource ${name}`);
  const api = name.slice(0, name.indexOf('/'));
  const action = actions.get(`${api} ${method}`);
  try {
    return action ? action(resource as never, parameters) : readOnce(resource, name, method, parameters);
  } catch (error) {
    if (error instanceof CallError) throw error;
    throw new CallError('failed', error instanceof Error ? error.message : String(error));
  }
}

function readOnce(resource: Resource, name: string, method: string, parameters: Arguments): unknown {
  const row = findMethodOf(name, method) ?? findMethodOf(name, method.replace(/^Get/, ''));
  if (!row) throw new CallError('unknown-method', `${name} has no method ${method}`);
  const texts: Record<string, string> = {};
  for (const parameter of row.parameters) texts[parameter] = text(parameters, parameter);
  const source = resource.source(row.method, texts);
  return row.payload(readingOf(source.io), source.range);
}

function done(_nothing: unknown): Record<string, never> {
  return {};
}

function text(parameters: Arguments, name: string): string {
  const value = parameters[name];
  if (typeof value === 'string' && value.length > 0 && value.length <= 64) return value;
  throw new CallError('wrong-argument', `${name} must be a text of 1 to 64 characters`);
}

function flag(parameters: Arguments, name: string): boolean {
  const value = parameters[name] ?? false;
  if (typeof value === 'boolean') return value;
  throw new CallError('wrong-argument', `${name} must be true or false`);
}

function number(parameters: Arguments, name: string, least: number, most: number): number {
  const value = parameters[name] ?? 0;
  if (typeof value === 'number' && value >= least && value <= most) return value;
  throw new CallError('wrong-argument', `${name} must be a number from ${least} to ${most}`);
}
