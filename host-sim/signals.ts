/**
 * Signals on pins, served by the host (host-sim/xs/pins.c). A pin's signal is the sum of its parts; each is a pure
 * function of the clock. Analog values are counts 0…4095; a digital pin reads 1 from 2048 on.
 */
export type Signal =
  | { kind: 'constant'; value: number }
  /** From `from`, `slope` counts a second, anew each `period` seconds (0: never). */
  | { kind: 'ramp'; from: number; slope: number; period: number }
  /** `phase` in turns. */
  | { kind: 'sine'; amplitude: number; frequency: number; phase: number }
  /** Gaussian, drawn anew each millisecond. */
  | { kind: 'noise'; deviation: number; seed: number }
  /** High for `duty` (0…1) of each `period` seconds. */
  | { kind: 'toggle'; low: number; high: number; period: number; duty: number; phase: number }
  | { kind: 'samples'; values: ArrayLike<number>; rate: number; loop: boolean }
  /** The level changes at each of these times (ms of the clock), from low. */
  | { kind: 'edges'; times: ArrayLike<number> }
  /** Reads throw from `from` until `until`, ms of the clock. */
  | { kind: 'failure'; from: number; until: number };

export const constant = (value: number): Signal => ({ kind: 'constant', value });
export const ramp = (from: number, slope: number, period = 0): Signal => ({
  kind: 'ramp',
  from,
  slope,
  period,
});
export const sine = (amplitude: number, frequency: number, phase = 0): Signal => ({
  kind: 'sine',
  amplitude,
  frequency,
  phase,
});
export const noise = (deviation: number, seed = 1): Signal => ({ kind: 'noise', deviation, seed });
export const toggle = (period: number, { low = 0, high = 4095, duty = 0.5, phase = 0 } = {}): Signal => ({
  kind: 'toggle',
  low,
  high,
  period,
  duty,
  phase,
});
export const samples = (values: ArrayLike<number>, rate: number, loop = true): Signal => ({
  kind: 'samples',
  values,
  rate,
  loop,
});
export const edges = (times: ArrayLike<number>): Signal => ({ kind: 'edges', times });
/** The converter gives an error: `Analog.read()` gives nothing. Levels are read from a register, which cannot fail. */
export const failure = (from: number, until: number): Signal => ({ kind: 'failure', from, until });

/** The host's line for a signal. `keep` stores float64 values in a file and returns its path. */
export function signalLine(pin: number, signal: Signal, keep: (values: Float64Array) => string): string {
  const words = ((): (string | number)[] => {
    switch (signal.kind) {
      case 'constant':
        return [signal.kind, signal.value];
      case 'ramp':
        return [signal.kind, signal.from, signal.slope, signal.period];
      case 'sine':
        return [signal.kind, signal.amplitude, signal.frequency, signal.phase];
      case 'noise':
        return [signal.kind, signal.deviation, signal.seed];
      case 'toggle':
        return [signal.kind, signal.low, signal.high, signal.period, signal.duty, signal.phase];
      case 'samples':
        return [signal.kind, keep(Float64Array.from(signal.values)), signal.rate, signal.loop ? 1 : 0];
      case 'edges':
        return [signal.kind, keep(Float64Array.from(signal.times))];
      case 'failure':
        return ['fail', signal.from, signal.until];
    }
  })();
  return ['pin', pin, ...words].join('\t');
}
