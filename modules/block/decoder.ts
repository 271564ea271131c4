/**
 * Decodes a block. Total: any bytes either give a block or an error with code and offset; the memory taken is
 * bounded by the format's `maximumReadings`. Values come out as typed arrays; times and rows only when asked.
 */
import { BlockError } from './block-error';
import { type Column, openBlock, type Slip, timesOf } from './opened-block';
import type { BootId, ColumnKind, Period } from './types';

export type { Slip } from './opened-block';

export interface Times {
  /** When each reading was requested and received, ms of the device's monotonic clock. */
  requested: Float64Array;
  received: Float64Array;
}

export class DecodedBlock {
  constructor(
    readonly kind: ColumnKind,
    readonly stream: number,
    readonly boot: BootId,
    readonly sequence: number,
    /** Readings in the block. */
    readonly count: number,
    /** The first reading's tick, in units of 1 / `period.denominator` ms. */
    readonly base: number,
    readonly period: Period,
    readonly slips: readonly Slip[],
    /** The column: integers, levels as 0 and 1, doubles, or records as objects. */
    readonly values: Column,
    /** Bytes of the whole block. */
    readonly length: number,
  ) {}

  times(): Times {
    const requested = new Float64Array(this.count);
    const received = new Float64Array(this.count);
    timesOf(this, this.slips, requested, received).next();
    return { requested, received };
  }

  /** When the first and the last reading were requested, ms of the device's monotonic clock: `times` of these two alone. */
  edges(): { start: number; end: number } {
    const last = this.count - 1;
    let missed = 0;
    for (const slip of this.slips) missed += slip.missed;
    const first = this.slips[0]?.index === 0 ? this.slips[0] : undefined;
    const end = this.slips[this.slips.length - 1];
    const lateAtEnd = end !== undefined && end.index + end.run > last ? end.late : 0;
    return {
      start: this.tickTime(first?.missed ?? 0) + (first?.late ?? 0),
      end: this.tickTime(last + missed) + lateAtEnd,
    };
  }

  private tickTime(tick: number): number {
    return Math.ceil((this.base + tick * this.period.numerator) / this.period.denominator);
  }

  /** Row by row: an object a reading. Levels are booleans here. */
  *readings(): Generator<{ requested: number; received: number; value: unknown }> {
    const { requested, received } = this.times();
    for (let index = 0; index < this.count; index += 1) {
      const value = this.values[index];
      yield {
        requested: requested[index]!,
        received: received[index]!,
        value: this.kind === 'boolean' ? value === 1 : value,
      };
    }
  }
}

// As in `decode-columns.ts`.
Object.freeze(DecodedBlock.prototype.readings.prototype);

/** @param offset where the block starts in `bytes` @param length its length, to the end of `bytes` if left out */
export function decodeBlock(bytes: Uint8Array, offset = 0, length?: number): DecodedBlock | BlockError {
  const opened = openBlock(bytes, offset, length);
  if (opened instanceof BlockError) return opened;
  const { kind, stream, boot, sequence, count, base, period } = opened;
  const slips: Slip[] = [];
  for (const slip of opened.slips()) slips.push({ ...slip });
  const values = opened.column(opened.damage ? 0 : count);
  if (!opened.damage) opened.portions(values).next();
  const { damage } = opened;
  if (damage) return new BlockError(damage.code, offset + damage.at);
  return new DecodedBlock(kind, stream, boot, sequence, count, base, period, slips, values, opened.length);
}
