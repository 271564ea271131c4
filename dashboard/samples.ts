/** Blocks, as the gateway's events carry them, made numbers that can be plotted. */
import type { BlockEvent } from '@sluice/gateway/page-api/state';
import { BlockError } from '../modules/block/block-error';
import { decodeBlock } from '../modules/block/decoder';

/** Numbers of one series of a stream; booleans are 0 and 1. */
export interface Samples {
  stream: string;
  /** The leaf of a record, else ''. */
  series: string;
  /** Wall milliseconds. */
  times: number[];
  values: number[];
}

/** @returns a series for each leaf; nothing of a block that cannot be decoded */
export function samplesOf({ stream, offset, range, bytes }: BlockEvent): Samples[] {
  const block = decodeBlock(Uint8Array.from(atob(bytes), (character) => character.charCodeAt(0)));
  if (block instanceof BlockError) return [];
  const times = Array.from(block.times().requested, (time) => time + offset);
  if (block.kind !== 'record') {
    const { min, step } = range ?? { min: 0, step: 1 };
    const values = Array.from(block.values as ArrayLike<number>, (value) => min + value * step);
    return [{ stream, series: '', times, values }];
  }
  const all = new Map<string, Samples>();
  for (const [index, record] of (block.values as object[]).entries()) {
    for (const [series, value] of leavesOf(record)) {
      const samples = all.get(series) ?? { stream, series, times: [], values: [] };
      all.set(series, samples);
      samples.times.push(times[index]!);
      samples.values.push(value);
    }
  }
  return [...all.values()];
}

function leavesOf(record: object, prefix = ''): [string, number][] {
  return Object.entries(record).flatMap(([key, value]): [string, number][] => {
    if (typeof value === 'number') return [[prefix + key, value]];
    if (typeof value === 'boolean') return [[prefix + key, value ? 1 : 0]];
    return typeof value === 'object' && value !== null ? leavesOf(value, `${prefix}${key}_`) : [];
  });
}
