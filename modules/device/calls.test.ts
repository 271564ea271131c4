import { describe, expect, test } from 'vitest';
import { CallError } from '../../proto/call-error';
import type { Resource } from '../resources/source';
import { callResource } from './calls';

const acts: unknown[] = [];
const board = {
  analogRange: () => ({ min: 0, max: 2450, step: 2450 / 4095, unit: 'mV' }),
  analog: () => ({ read: () => 1000 }),
  gpio: () => ({ read: () => 1 }),
  setGpio: (pin: string, high: boolean) => acts.push([pin, high]),
  setPwmDuty: () => {
    throw new Error('pin 5 has no PWM');
  },
  source: () => ({ kind: 'integer', io: { read: () => 7 } }),
  close() {},
} as unknown as Resource;
const name = 'rdk:component:board/b';

function codeOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof CallError) return error.code;
    throw error;
  }
  return 'worked';
}

describe('a remote call', () => {
  test('reads an analog reader with its range in volts', () => {
    const result = callResource(board, name, 'ReadAnalogReader', { analog_reader_name: 'a' });
    expect(result).toEqual({ value: 1000, min_range: 0, max_range: 2.45, step_size: 2.45 / 4095 });
  });

  test('sets a pin', () => {
    callResource(board, name, 'SetGPIO', { pin: '4', high: true });
    expect(acts.pop()).toEqual(['4', true]);
  });

  test('reads a capture method once', () => {
    expect(callResource(board, name, 'Analogs', { reader_name: 'a' })).toEqual({ value: 7 });
  });

  test.each([
    ['unknown-resource', undefined, 'GetGPIO', { pin: '4' }],
    ['unknown-method', board, 'Explode', {}],
    ['unknown-method', board, 'constructor', {}],
    ['wrong-argument', board, 'GetGPIO', {}],
    ['wrong-argument', board, 'GetGPIO', { pin: 'x'.repeat(65) }],
    ['wrong-argument', board, 'SetGPIO', { pin: '4', high: 'yes' }],
    ['wrong-argument', board, 'SetPWM', { pin: '5', duty_cycle_pct: 2 }],
    ['wrong-argument', board, 'SetPWM', { pin: '5', duty_cycle_pct: Number.NaN }],
    ['failed', board, 'SetPWM', { pin: '5', duty_cycle_pct: 0.5 }],
  ] as const)('fails as %s (%#) and does nothing', (code, resource, method, parameters) => {
    expect(codeOf(() => callResource(resource, name, method, parameters))).toBe(code);
    expect(acts).toEqual([]);
  });
});
