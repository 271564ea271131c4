/** The platform's messages of one block, one after the other, in memory for a few readings. */
import { type Column, type OpenedBlock, timesOf } from '../../block/opened-block';
import type { RecordReader } from '../../block/record-reader';
import { longestPayload } from '../../config/memory-costs';
import { encodeUtf8 } from '../../config/utf8';
import type { MessageTemplate } from '../../message/message-template';
import {
  beforePayload,
  behindPayload,
  frameOf,
  lineOf,
  type MessageFrame,
  type MessageSource,
  pointsOf,
} from '../../message/platform-message';
import { RecordPayload } from './record-payload';

/** Readings that are decoded at once; of records it is one. */
const portion = 16;

/** One message cannot be published; the next may be. */
export class MessageError extends Error {}

export class BlockMessages {
  /** When the first reading was requested, and the last one so far received: monotonic ms. */
  readonly start: number;
  end: number;
  private readonly block: OpenedBlock;
  private readonly records: RecordReader | undefined;
  private readonly values: Column | undefined;
  private readonly requested = new Float64Array(portion);
  private readonly received = new Float64Array(portion);
  private readonly times: Iterator<number, void>;
  private readonly portions: Iterator<number, void> | undefined;
  private payload: RecordPayload | undefined;
  /** The message at hand, or what of it stands around the values of a record. */
  private before: Uint8Array | undefined;
  private behind: Uint8Array | undefined;
  private frame: MessageFrame | undefined;
  private offset: number | undefined;
  /** Messages before the next one. */
  index = 0;
  /** Readings in the portion at hand, and how many of them have gone. */
  private filled = 0;
  private gone = 0;

  constructor(block: OpenedBlock) {
    this.block = block;
    if (block.kind === 'record') this.records = block.records();
    else {
      this.values = block.column(portion);
      this.portions = block.portions(this.values);
    }
    this.times = timesOf(block, block.slips(), this.requested, this.received);
    this.fill();
    this.start = this.end = this.requested[0]!;
  }

  /** @param name the block's in all the world @param offset wall − monotonic, ms; undefined: never known */
  describe(source: MessageSource, appId: string, name: string, offset: number | undefined): void {
    this.frame = frameOf(source, appId, source.part, name, offset !== undefined);
    this.offset = offset;
    this.payload = this.records && new RecordPayload(this.records, this.frame.field);
  }

  /** Goes to the next message; not past the last. Throws when the bits are not what the check said. */
  next(): void {
    if (this.gone === this.filled) this.fill();
    if (this.filled === 0 || !this.read(1))
      throw new Error(`its ${this.block.damage?.code ?? 'times'} are damaged`);
    this.end = this.received[this.gone]!;
    this.gone++;
    this.index++;
  }

  /** @returns whether its messages can be written by the template from now on */
  begin(template: MessageTemplate): boolean {
    if (this.block.kind === 'record' || this.offset === undefined) return false;
    return template.begin(this.frame!, encodeUtf8);
  }

  /** Writes the message at hand at `at`. @returns where it ends; −1: the template cannot */
  write(template: MessageTemplate, at: number): number {
    const { block, frame, index } = this;
    const { range } = frame!;
    const place = this.gone - 1;
    let value: number | boolean = this.values![place] as number;
    if (block.kind === 'boolean') value = value === 1;
    else if (range !== undefined) value = range.min + value * range.step;
    return template.write(at, value, index - 1, this.requested[place]! + this.offset!);
  }

  /** Whether it takes memory by the size of its readings. */
  get isLarge(): boolean {
    return this.records !== undefined;
  }

  /** Makes the message at hand ready to be put. @returns its bytes @throws MessageError when it is too long */
  ready(): number {
    const { frame, offset, block, payload } = this;
    const place = this.gone - 1;
    const index = this.index - 1;
    const requested = this.requested[place]!;
    const time = offset === undefined ? undefined : Math.floor(requested + offset);
    if (payload !== undefined) {
      this.before = encodeUtf8(beforePayload(frame!, time));
      this.behind = encodeUtf8(behindPayload(frame!, index, time, requested));
      const length = payload.write(undefined, 0);
      if (length > longestPayload(this.records!.shape.types.length))
        throw new MessageError(`the values of a reading of ${frame!.field} are ${length} B`);
      return this.before.length + length + this.behind.length;
    }
    const value = this.values![place];
    const points = pointsOf(frame!.field, block.kind === 'boolean' ? value === 1 : value, frame!.range)!;
    this.before = encodeUtf8(lineOf(frame!, points, index, time, requested));
    return this.before.length;
  }

  /** Puts what was made ready. */
  put(into: Uint8Array, at: number): void {
    const { before, behind, payload } = this;
    this.before = this.behind = undefined;
    into.set(before!, at);
    if (payload !== undefined) into.set(behind!, payload.write(into, at + before!.length));
  }

  /** Goes past readings without their messages: a few, and not past `index`. @returns whether there were any */
  pass(index: number): boolean {
    if (this.gone === this.filled) this.fill();
    const count = Math.min(index - this.index, this.filled - this.gone);
    if (count <= 0 || !this.read(count)) return false;
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
    this.filled = this.portions?.next().value ?? 0;
    if (this.filled > 0) this.times.next();
    else if (this.records !== undefined) this.filled = this.times.next().value ?? 0;
  }

  /** Of records so many more. @returns whether they could be read */
  private read(count: number): boolean {
    const { records } = this;
    for (let left = records === undefined ? 0 : count; left > 0; left--) if (!records!.next()) return false;
    return true;
  }
}
