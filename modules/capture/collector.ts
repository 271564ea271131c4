/**
 * One stream: what runs one capture method.
 *
 * In: a plan, a source, an encoder, a ring. Out: the counters, and what a rate group's loop needs.
 * Holds: ticks of its grid so far = captured + missed + failed.
 */
import type { Encoder } from '../block/encoder';
import { findMethodOf } from '../config/methods';
import { type CollectorPlan, periodOf } from '../config/plan';
import type { Source } from '../resources/source';
import type { Ring } from '../ring/ring';
import type { Grid, Period } from './grid';

/** What readings of any kind are staged in. */
export interface Staging {
  [index: number]: unknown;
  readonly length: number;
}

/** What the gateway must know of a stream before its first block. */
export interface StreamDeclaration {
  readonly number: number;
  readonly plan: CollectorPlan;
  readonly kind: Source['kind'];
  readonly range: Source['range'];
  /** ms between two readings as the device runs them: never below 1, whatever was asked for. */
  readonly period: Period;
}

/** A stream as the uplink sees it. */
export interface Stream {
  readonly number: number;
  readonly plan: CollectorPlan;
  readonly declaration: StreamDeclaration;
  readonly encoder: Pick<Encoder<Staging>, 'held' | 'refused'>;
  readonly ring: Ring;
  readonly counters: StreamCounters;
}

/** Counts since the stream began. Ticks = captured + missed + failed. */
export interface StreamCounters {
  readonly captured: number;
  /** Ticks that were not run, those between the timer's steps included. */
  readonly missed: number;
  /** Readings taken at least 1 ms after their tick. */
  readonly late: number;
  /** Reads that threw or gave no answer in time. */
  readonly failed: number;
  /** Reads that took longer than `slowRead` ms. */
  readonly slow: number;
  /** Of `captured`: readings too large for any block. */
  readonly refused: number;
}

/** What an ended stream has of its encoder, and of its source. */
const retired = Object.freeze({ held: 0, refused: 0 }) as unknown as Encoder<Staging>;
const closed: Source['io'] = Object.freeze({
  read(): never {
    throw new Error('the stream has ended');
  },
});

/** The period at which the device runs a plan. The timer has whole milliseconds: what is asked beyond counts as missed. */
export function periodRun({ frequency }: Pick<CollectorPlan, 'frequency'>): Period {
  const asked = periodOf(frequency);
  return asked.numerator < asked.denominator ? { numerator: 1, denominator: 1 } : asked;
}

/** One object a stream, its own declaration and counters too: in XS each property takes 16 B, each object 16 more. */
export class Collector implements Stream, StreamDeclaration, StreamCounters {
  readonly plan: CollectorPlan;
  encoder: Encoder<Staging>;
  readonly ring: Ring;
  io: Source['io'];
  declare readonly range: Source['range'];
  /** The rate group where it runs; undefined before it is added and after it is removed. */
  group: Grid | undefined = undefined;
  /** Ticks without a reading since the last one; the next reading tells its block. */
  gap = 0;
  /** Ticks of the grid before it joined; when it has left, less all ticks until then. */
  joined = 0;
  /** Periods that passed during a stall, a slow read, or a rest. */
  skipped = 0;
  late = 0;
  failed = 0;
  slow = 0;

  constructor(plan: CollectorPlan, source: Source, encoder: Encoder<Staging>, ring: Ring) {
    this.plan = plan;
    this.io = source.io;
    if (source.range) this.range = source.range;
    this.encoder = encoder;
    this.ring = ring;
  }

  get number(): number {
    return this.ring.stream;
  }

  /** As the table of methods has it. */
  get kind(): Source['kind'] {
    const { resource, method } = this.plan.identity;
    return findMethodOf(resource, method)!.kind as Source['kind'];
  }

  get period(): Period {
    return periodRun(this.plan);
  }

  /** Lets go of encoder and source, which are most of its memory: an ended stream is known for its ring and its counts. */
  retire(): void {
    const { refused } = this.encoder;
    this.encoder = refused === 0 ? retired : ({ ...retired, refused } as Encoder<Staging>);
    this.io = closed;
  }

  get declaration(): StreamDeclaration {
    return this;
  }

  get counters(): StreamCounters {
    return this;
  }

  /** Nothing is counted a reading: what is not captured is the exception. */
  get captured(): number {
    return this.ticks - this.skipped - this.failed;
  }

  get missed(): number {
    const asked = periodOf(this.plan.frequency);
    const between = Math.max(0, asked.denominator - asked.numerator) / asked.numerator;
    return this.skipped + Math.floor(this.ticks * between);
  }

  get refused(): number {
    return this.encoder.refused;
  }

  /** Ticks that the timer could have run. */
  private get ticks(): number {
    return (this.group?.ordinal ?? 0) - this.joined;
  }
}
