/**
 * A stream of the main part: readings into blocks, and the blocks until the outbox has them for good.
 *
 * What comes in: readings with their ticks; the outbox's watermark. What goes out: blocks in order. What holds:
 * captured = acknowledged + overwritten + stored + refused, in readings; blocks that wait take `quota` bytes at most, and
 * the oldest that the outbox does not have give way.
 */
import type { Encoder } from '../../modules/block/encoder';
import type { CaptureFileMetadata } from '../../modules/block/file';
import { newEncoder } from '../../modules/block/new-encoder';
import type { BlockSink } from '../../modules/block/types';

/** A block that the outbox does not have for good. */
export interface WaitingBlock {
  sequence: number;
  readings: number;
  /** Monotonic ms of its first and last reading. */
  start: number;
  end: number;
  bytes: Uint8Array;
}

/** Readings that gave way. */
export interface StreamLoss {
  stretches: number;
  blocks: number;
  readings: number;
  start: number;
  end: number;
}

interface Staging {
  [index: number]: unknown;
  readonly length: number;
}

export interface OwnStreamOptions {
  metadata: CaptureFileMetadata;
  /** Bytes of blocks that may wait. */
  quota: number;
  /** Monotonic ms of tick 0. */
  origin: number;
  /** A block is complete. */
  complete(stream: OwnStream): void;
}

/** Bytes a block aims at. */
const target = 512;

export class OwnStream implements BlockSink {
  readonly metadata: CaptureFileMetadata;
  readonly quota: number;
  readonly #encoder: Encoder<Staging>;
  readonly #complete: OwnStreamOptions['complete'];
  /** Oldest first; the first `#given` are with the outbox, which has not said that they are durable. */
  #waiting: WaitingBlock[] = [];
  #given = 0;
  bytes = 0;
  /** Readings. */
  acknowledged = 0;
  overwritten = 0;
  #appended = 0;
  loss: StreamLoss | undefined;
  /** It goes on no more. */
  hasEnded = false;

  constructor({ metadata, quota, origin, complete }: OwnStreamOptions) {
    this.metadata = metadata;
    this.quota = quota;
    this.#complete = complete;
    const { boot, stream, period, kind } = metadata;
    this.#encoder = newEncoder(kind, { boot, stream, period, target, sink: this });
    this.#encoder.start(origin);
  }

  /** Readings that no block can hold. */
  get refused(): number {
    return this.#encoder.refused;
  }

  get stored(): number {
    return this.#encoder.held + this.#appended - this.acknowledged - this.overwritten;
  }

  /** Whether any reading of it is not durable in the outbox. */
  get isHolding(): boolean {
    return this.#encoder.held > 0 || this.isWaiting;
  }

  /** Whether any complete block of it is not durable in the outbox. */
  get isWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  /**
   * @param gap ticks without a reading before this one @param late ms @param duration ms
   * @throws Error when the value is not of the stream's kind
   */
  take(value: number | boolean | object, gap: number, late: number, duration: number): void {
    const encoder = this.#encoder;
    if (!isOfKind(this.metadata.kind, value) || !encoder.accepts(value))
      throw new TypeError(`${JSON.stringify(value)?.slice(0, 48)} is no ${this.metadata.kind} reading`);
    if (encoder.count === encoder.capacity || encoder.crowded) encoder.flush();
    encoder.staged[encoder.count++] = value;
    if (gap > 0 || late > 0 || duration > 0) encoder.slip(encoder.count - 1, gap, late, duration);
    // A driver may give the same object again, otherwise filled.
    if (this.metadata.kind === 'record') encoder.flush();
  }

  /** Closes the open block, full or not. */
  seal(): void {
    if (this.#encoder.held > 0) this.#encoder.seal();
  }

  block(
    bytes: Uint8Array,
    length: number,
    sequence: number,
    readings: number,
    start: number,
    end: number,
  ): void {
    this.#waiting.push({ sequence, readings, start, end, bytes: bytes.slice(0, length) });
    this.#appended += readings;
    this.bytes += length;
    this.#complete(this);
    while (this.bytes > this.quota && this.#given < this.#waiting.length) this.#drop();
  }

  /** The block that the outbox is to be given next. */
  get next(): WaitingBlock | undefined {
    return this.#waiting[this.#given];
  }

  /** The outbox has taken the block `next`. */
  given(): void {
    this.#given++;
  }

  /** The outbox has lost what it had taken and is not durable: it gets it again. */
  again(): void {
    this.#given = 0;
  }

  /** Blocks below this sequence number are durable. */
  durable(sequence: number): void {
    while (this.#waiting[0] !== undefined && this.#waiting[0].sequence < sequence) {
      const { readings, bytes } = this.#waiting.shift()!;
      this.acknowledged += readings;
      this.bytes -= bytes.length;
      this.#given = Math.max(0, this.#given - 1);
    }
  }

  #drop(): void {
    const [{ readings, start, end, bytes }] = this.#waiting.splice(this.#given, 1) as [WaitingBlock];
    this.bytes -= bytes.length;
    this.overwritten += readings;
    const before = this.loss ?? { stretches: 1, blocks: 0, readings: 0, start, end };
    this.loss = { ...before, blocks: before.blocks + 1, readings: before.readings + readings, end };
  }
}

function isOfKind(kind: CaptureFileMetadata['kind'], value: unknown): boolean {
  if (kind === 'boolean') return typeof value === 'boolean';
  if (kind === 'record') return typeof value === 'object' && value !== null;
  return typeof value === 'number';
}
