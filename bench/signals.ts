/** Synthetic signals as a 12-bit ADC would give them, the same at every run. */
import type { Period } from '../modules/block/types';

export interface Signal {
  name: string;
  values: number[];
  /** 100 Hz if left out. */
  period?: Period;
  /** Bytes a reading to be reached in full blocks of 512 B. */
  reach?: number;
}

const length = 40_000;

/** A generator of uniform numbers in 0 … 1. */
function uniform(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return (state >>> 0) / 4294967296;
  };
}

function normal(seed: number): () => number {
  const random = uniform(seed);
  return () => Math.sqrt(-2 * Math.log(random() || 1e-9)) * Math.cos(2 * Math.PI * random());
}

function counts(value: (index: number) => number): number[] {
  return Array.from({ length }, (_, index) => Math.max(0, Math.min(4095, Math.round(value(index)))));
}

/** A pulse wave: the beat, its echo, a rate that wanders. */
function pulse(): number[] {
  const random = normal(7);
  let phase = 0;
  let rate = 1.2;
  return counts((index) => {
    rate = Math.max(0.9, Math.min(1.6, rate + 0.002 * random()));
    phase = (phase + rate / 250) % 1;
    const beat =
      1000 * Math.exp(-(((phase - 0.2) / 0.1) ** 2)) + 450 * Math.exp(-(((phase - 0.48) / 0.12) ** 2));
    return 1200 + beat + 100 * Math.sin(index / 800) + 0.9 * random();
  });
}

export function signals(): Signal[] {
  const random = normal(1);
  const chance = uniform(2);
  let walk = 2000;
  let slow = 2000;
  let step = 2000;
  return [
    { name: 'noise σ 0.5', values: counts(() => 2000 + 0.5 * random()), reach: 0.22 },
    { name: 'noise σ 2', values: counts(() => 2000 + 2 * random()), reach: 0.45 },
    { name: 'noise σ 8', values: counts(() => 2000 + 8 * random()), reach: 0.7 },
    {
      name: 'sine of 5 Hz, σ 2',
      values: counts((index) => 2000 + 800 * Math.sin((2 * Math.PI * 5 * index) / 100) + 2 * random()),
    },
    {
      name: 'steps, σ 1',
      values: counts((index) => {
        if (index % 500 === 0) step = 500 + 3000 * chance();
        return step + random();
      }),
    },
    { name: 'pulse wave at 250 Hz', values: pulse(), period: { numerator: 4, denominator: 1 } },
    {
      name: 'vibration',
      values: counts(
        (index) =>
          2048 +
          300 * Math.sin(index * 0.31) +
          150 * Math.sin(index * 0.74) * Math.sin(index / 900) +
          40 * random(),
      ),
    },
    {
      name: 'random walk',
      values: counts(() => {
        walk += 1.5 * random();
        return walk;
      }),
    },
    {
      name: 'slow sensor',
      values: counts(() => {
        slow += 0.02 * random();
        return slow + 0.15 * random();
      }),
    },
    {
      name: 'saturated wave',
      values: counts((index) => 2048 + 3000 * Math.sin(index * 0.02) + 5 * random()),
    },
    { name: 'constant', values: counts(() => 1234) },
    { name: 'spikes', values: counts(() => 1000 + (chance() < 0.01 ? 3000 * chance() : 0) + random()) },
    {
      name: 'multiples of four',
      values: counts((index) => 4 * Math.round((2000 + 100 * Math.sin(index / 300) + 3 * random()) / 4)),
    },
  ];
}

/** °C of a room, by a thermometer that counts in so many parts of a degree. */
export function temperature(parts: number): number[] {
  const random = normal(1);
  return Array.from({ length }, (_, index) => {
    const degrees = 22 + 3 * Math.sin(index / 2000) + 0.03 * random();
    return Math.round(degrees * parts) / parts;
  });
}
