/** How small a capture method's readings become: the device's own encoder on a recording, or on a stated signal. */
import { newEncoder } from '../../modules/block/new-encoder';
import type { ColumnKind } from '../../modules/block/types';
import { type Frequency, periodOf } from '../../modules/config/plan';

export interface PackedSize {
  /** All-in: headers, times and checks of full blocks. */
  bytesPerReading: number;
  /** What was packed, in words. */
  basis: string;
}

/** What a reader, pin or resource gives, as it was recorded. */
export interface PlannedRecording {
  name: string;
  values: ArrayLike<number>;
  /** Values a second; left out: as many as are captured. */
  rate?: number;
}

/** Readings that are packed: enough for many full blocks. */
const sampleReadings = 50_000;

/** What is taken for a method without a recording; the words stand beside every figure that rests on it. */
export const assumedSignals: Record<ColumnKind, string> = {
  integer: 'noise of 2 counts (σ) assumed',
  boolean: 'a change each half second assumed',
  double: 'a slow walk in steps of 0.01 assumed',
  record: 'three slow walks in steps of 0.01 assumed',
};

/**
 * @param target bytes a block
 * @param recording is sampled at the rate of the capture, over and over, and packed instead of the assumed signal
 * @throws RangeError when the recording is empty or too short for one full block
 */
export function packedSize(
  kind: ColumnKind,
  frequency: Frequency,
  target: number,
  recording?: PlannedRecording,
): PackedSize {
  let bytes = 0;
  let readings = 0;
  const sink = {
    block(_bytes: Uint8Array, length: number, _sequence: number, count: number): void {
      bytes += length;
      readings += count;
    },
  };
  const period = periodOf(frequency);
  const encoder = newEncoder(kind, {
    boot: { counter: 100, random: 0x5eed5eed },
    stream: 3,
    period,
    target,
    sink,
  });
  const staged = encoder.staged as unknown[];
  const hertz = frequency.numerator / frequency.denominator;
  const next = recording ? fromRecording(kind, recording, hertz) : assumed(kind, hertz);
  const count = recording ? Math.max(recording.values.length, sampleReadings) : sampleReadings;
  encoder.start(0);
  for (let index = 0; index < count; index += 1) {
    const reading = next(index);
    if (!encoder.accepts(reading)) continue;
    staged[encoder.count] = reading;
    encoder.count += 1;
    if (encoder.count === encoder.capacity) encoder.flush();
  }
  // A recording shorter than a block is measured with the block it makes.
  if (readings === 0) encoder.seal();
  if (readings === 0) throw new RangeError(`${recording?.name}: no reading that fits a block`);
  return {
    bytesPerReading: bytes / readings,
    basis: recording ? basisOf(recording, hertz) : assumedSignals[kind],
  };
}

function basisOf({ name, rate }: PlannedRecording, hertz: number): string {
  if (rate === undefined) return `${name}, taken as recorded at ${hertz} Hz`;
  return rate === hertz ? name : `${name}, ${rate} Hz sampled at ${hertz} Hz`;
}

/** What stands on the pin at the moment of each reading: a value holds until the next one, as in the simulator. */
function fromRecording(
  kind: ColumnKind,
  { values, rate }: PlannedRecording,
  hertz: number,
): (index: number) => unknown {
  const step = (rate ?? hertz) / hertz;
  const at = (index: number) => values[Math.floor(index * step) % values.length]!;
  if (kind === 'boolean') return (index) => at(index) !== 0;
  if (kind === 'record') return (index) => ({ value: at(index) });
  return at;
}

function assumed(kind: ColumnKind, hertz: number): (index: number) => unknown {
  const random = uniform(20_000_001);
  const walks = [0, 0, 0];
  const step = (axis: number) => {
    walks[axis] = walks[axis]! + Math.round(2 * gaussian(random));
    return walks[axis]! / 100;
  };
  switch (kind) {
    case 'integer':
      return () => Math.round(2000 + 2 * gaussian(random));
    case 'boolean':
      return (index) => Math.floor((2 * index) / hertz) % 2 === 1;
    case 'double':
      return () => step(0);
    case 'record':
      return () => ({ x: step(0), y: step(1), z: step(2) });
  }
}

/** Marsaglia's xorshift32: the same signal at every call. */
function uniform(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** Box and Muller's transform. */
function gaussian(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
