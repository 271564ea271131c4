/**
 * The device's time.
 *
 * In: the SDK's wrapping tick counter; offsets to wall time from SNTP or the gateway. Out: monotonic milliseconds
 * since boot that never wrap, and the mapping to wall time with its source and uncertainty.
 * Holds: `now()` never goes back, whatever happens to the wall clock.
 */

import type { WallOffset } from '../uplink/uplink-host';

/** ms after which the tick counter's base moves on, long before it wraps. */
const rebaseAfter = 2 ** 30;
/** Unix time before which a wall clock cannot be right: 2024. */
const earliestTime = 1_704_067_200_000;
/** ms for which an offset by SNTP is preferred to the gateway's; it is renewed hourly. */
const sntpKeeps = 6 * 3_600_000;

export interface ClockListener {
  wallSet(): void;
}

export class Clock {
  private readonly source: { readonly ticks: number };
  private ticks: number;
  private elapsed: number;
  private mapping: WallOffset = { source: 'unknown', offset: 0, uncertainty: 0 };
  private takenAt = 0;
  /** Told whenever the offset has been set. */
  listener: ClockListener | undefined;

  /** @param source `Time` of the SDK: signed 32-bit milliseconds, wrapping */
  constructor(source: { readonly ticks: number }) {
    this.source = source;
    this.ticks = source.ticks;
    this.elapsed = this.ticks >>> 0;
  }

  /** Milliseconds since boot, whole. Must be called at least once in 12 days; the scheduler does each minute. */
  now(): number {
    const ticks = this.source.ticks;
    const since = (ticks - this.ticks) | 0;
    if (since < rebaseAfter) return this.elapsed + since;
    this.ticks = ticks;
    this.elapsed += since;
    return this.elapsed;
  }

  get wall(): Readonly<WallOffset> {
    return this.mapping;
  }

  /**
   * Takes an offset, unless a better source has one. Time stamps are monotonic and do not change by it.
   * @returns whether it was taken
   */
  setWall(source: 'gateway' | 'sntp', offset: number, uncertainty: number): boolean {
    const now = this.now();
    if (!Number.isFinite(offset) || now + offset < earliestTime) return false;
    if (source === 'gateway' && this.mapping.source === 'sntp' && now - this.takenAt < sntpKeeps)
      return false;
    this.mapping = { source, offset, uncertainty };
    this.takenAt = now;
    this.listener?.wallSet();
    return true;
  }
}
