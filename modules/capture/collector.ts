/**
 * One stream: what runs one capture method.
 *
 * In: a plan, a source, an encoder, a ring. Out: the counters, and what a rate group's loop needs.
 * Holds: ticks of its grid so far = captured + missed + failed.
 */
import type { Encoder } from '../block/encoder';
import type { CollectorPlan } from '../config/plan';
import type { Source } from '../resources/source';
import type { Ring } from '../ring/ring';
import type { Period } from './grid';
import type { RateGroup } from './rate-group';

/** What the gateway must know of a stream before its first block. */
export interface StreamDeclaration {
  number: number;
  plan: CollectorPlan;
  kind: Source['kind'];
  range: Source['range'];
  /** ms between two readings as the device runs them: never below 1, whatever was asked for. */
  period: Period;
}

/** A stream as the uplink sees it. */
export interface Stream {
  readonly number: number;
  readonly plan: CollectorPlan;
  readonly declaration: StreamDeclaration;
  readonly encoder: Encoder;
  readonly ring: Ring;
  readonly counters: StreamCounters;
}

/** Counts since the stream began. Ticks = captured + missed + failed. */
export class StreamCounters {
  /** Ticks of the grid before the stream joined it, and when it left it; undefined while it runs. */
  joined = 0;
  left: number | undefined;
  /** Periods that passed during a stall, a slow read, or a rest. */
  skipped = 0;
  /** Readings taken at least 1 ms after their tick. */
  late = 0;
  /** Reads that threw or gave no answer in time. */
  failed = 0;
  /** Reads that took longer than `SLOW` ms. */
  slow = 0;
  private readonly collector: Collector;
  private readonly asked: Period;

  /** @param asked the period of the configuration, which may be below the 1 ms that the timer has */
  constructor(collector: Collector, asked: Period) {
    this.collector = collector;
    this.asked = asked;
  }

  /** Nothing is counted a reading: what is not captured is the exception. */
  get captured(): number {
    return this.ticks - this.skipped - this.failed;
  }

  /** Ticks that were not run, those between the timer's steps included. */
  get missed(): number {
    const { numerator, denominator } = this.asked;
    const between = Math.max(0, denominator - numerator) / numerator;
    return this.skipped + Math.floor(this.ticks * between);
  }

  /** Of `captured`: readings too large for any block. */
  get refused(): number {
    return this.collector.encoder.refused;
  }

  /** Ticks that the timer could have run. */
  private get ticks(): number {
    return (this.left ?? this.collector.group?.ordinal ?? this.joined) - this.joined;
  }
}

export class Collector implements Stream {
  readonly number: number;
  readonly plan: CollectorPlan;
  readonly declaration: StreamDeclaration;
  readonly encoder: Encoder;
  readonly ring: Ring;
  readonly counters: StreamCounters;
  readonly source: Source;
  /** Ticks without a reading since the last one; the next reading tells its block. */
  gap = 0;
  /** Slow reads so far. */
  strikes = 0;
  /** Where it runs; undefined before it is added and after it is removed. */
  group: RateGroup | undefined;

  /** @param asked the period of the plan, where the declaration has what the device can do */
  constructor(declaration: StreamDeclaration, source: Source, encoder: Encoder, ring: Ring, asked: Period) {
    this.number = declaration.number;
    this.plan = declaration.plan;
    this.declaration = declaration;
    this.source = source;
    this.encoder = encoder;
    this.ring = ring;
    this.counters = new StreamCounters(this, asked);
  }
}
