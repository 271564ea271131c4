/** The platform's messages of one block, one after the other, in memory for a few readings. */

import { type Column, type OpenedBlock, timesOf } from '../../block/opened-block';
import {
  frameOf,
  lineOf,
  type MessageFrame,
  type MessageSource,
  pointsOf,
} from '../../message/platform-message';

/** Readings that are decoded at once. */
const portion = 16;

export class BlockMessages {
  /** When the first reading was requested, and the last one so far received: monotonic ms. */
  readonly start: number;
  end: number;
  private readonly block: OpenedBlock;
  private readonly values: Column;
  private readonly requested = new Float64Array(portion);
  private readonly received = new Float64Array(portion);
  private readonly times: Iterator<number, void>;
  private readonly portions: Iterator<number, void>;
  private frame: MessageFrame | undefined;
  private offset: number | undefined;
  /** Of the next message. */
  index = 0;
  /** Readings in the portion at hand, and how many of them have gone. */
  private filled = 0;
  private gone = 0;

  constructor(block: OpenedBlock) {
    this.block = block;
    this.values = block.column(portion);
    this.portions = block.portions(this.values);
    this.times = timesOf(block, block.slips(), this.requested, this.received);
    this.fill();
    this.start = this.end = this.requested[0]!;
  }

  /** @param name the block's in all the world @param offset wall − monotonic, ms; undefined: never known */
  describe(source: MessageSource, appId: string, name: string, offset: number | undefined): void {
    this.frame = frameOf(source, appId, source.part, name, offset !== undefined);
    this.offset = offset;
  }

  /** One reading's message; undefined after the last. Throws when the bits are not what the check said. */
  next(): string | undefined {
    if (this.gone === this.filled) this.fill();
    const { frame, offset, gone, index } = this;
    if (frame === undefined || this.filled === 0) {
      const { damage, count } = this.block;
      if (damage || index < count) throw new Error(`its ${damage?.code ?? 'times'} are damaged`);
      return undefined;
    }
    const requested = this.requested[gone]!;
    const value = this.values[gone];
    const points = pointsOf(frame.field, this.block.kind === 'boolean' ? value === 1 : value, frame.range);
    if (points === undefined) throw new Error(`reading ${index} has too many values`);
    this.end = this.received[gone]!;
    this.gone = gone + 1;
    this.index = index + 1;
    const time = offset === undefined ? undefined : Math.floor(requested + offset);
    return lineOf(frame, points, index, time, requested);
  }

  /** Goes past readings without their messages: a few, and not past `index`. @returns whether there were any */
  pass(index: number): boolean {
    if (this.gone === this.filled) this.fill();
    const count = Math.min(index - this.index, this.filled - this.gone);
    if (count <= 0) return false;
    this.gone += count;
    this.index += count;
    this.end = this.received[this.gone - 1]!;
    return true;
  }

  get count(): number {
    return this.block.count;
  }

  private fill(): void {
    this.gone = 0;
    this.filled = this.portions.next().value ?? 0;
    if (this.filled > 0) this.times.next();
  }
}
