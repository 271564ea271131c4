/**
 * A collector whose readings are rows: blocks of a stream.
 *
 * What a raw count stands for is known with the first answer, so its stream begins then; where it changes, another
 * stream begins.
 */
import type { ReadingRange } from '../../modules/config/methods';
import { isSameRecord } from '../../modules/config/plan';
import { Collector, type CollectorCounts, type CollectorOptions, type Tick } from './collector';
import type { OwnStream } from './own-stream';

export interface TabularCollectorOptions extends CollectorOptions {
  /** Begins a stream of this collector. */
  open(range: ReadingRange | undefined): OwnStream;
  /** The stream goes on no more: what it holds is still to be delivered. */
  ended(stream: OwnStream, counts: CollectorCounts): void;
}

export class TabularCollector extends Collector {
  readonly #options: TabularCollectorOptions;
  #stream: OwnStream | undefined;
  #range: ReadingRange | undefined;
  #isEmpty = true;
  /** Of streams before. */
  #refusedBefore = 0;

  constructor(options: TabularCollectorOptions) {
    super(options);
    this.#options = options;
    if (!options.captured.range) this.#stream = options.open(undefined);
  }

  get stream(): OwnStream | undefined {
    return this.#stream;
  }

  protected override get refused(): number {
    return this.#refusedBefore + (this.#stream?.refused ?? 0);
  }

  protected override keep(answer: unknown, tick: Tick, gap: number): void {
    const value = this.captured.reading(answer);
    this.#follow(this.captured.range?.(answer));
    // The first reading of a stream says at which tick of the grid it is.
    const missed = this.#isEmpty ? tick.ordinal : gap;
    const late = tick.requested - tick.due;
    this.#stream!.take(value, missed, late, this.now() - tick.requested);
    this.#isEmpty = false;
    this.taken();
  }

  override close(): void {
    super.close();
    if (this.#stream) this.#options.ended(this.#stream, this.counts);
    this.#stream = undefined;
  }

  #follow(range: ReadingRange | undefined): void {
    if (this.#stream && isSameRecord(range, this.#range)) return;
    if (this.#stream) {
      this.#options.ended(this.#stream, this.counts);
      this.#refusedBefore += this.#stream.refused;
    }
    this.#range = range;
    this.#stream = this.#options.open(range);
    this.#isEmpty = true;
  }
}
