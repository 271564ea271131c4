/** What a block's readings take when they are opened: far more than the block, of a quiet pin ten thousand times. */
import type { DecodedBlock } from '../../modules/block/decoder';
import { blockName, type CaptureFileMetadata } from '../../modules/block/file';
import { frameOf, leavesOf, lineOf } from '../../modules/message/platform-message';

/** Bytes, about, and rather more than less. */
export interface OpenedSize {
  /** As JSON lines. */
  lines: number;
  /** As rows of the time series. */
  rows: number;
}

/** Of a row, with its time and a number. */
const rowBytes = 16;
/** Of a number and its comma. */
const numberBytes = 24;
/** Of a line's time and index, beyond those of the sample. */
const stampBytes = 24;
const largestSequence = 0xffff_ffff;

/** Of the blocks of one file. */
export class OpenedSizes {
  /** Bytes of a field's name, with what is around it. */
  readonly #field: number;
  readonly #known: number;
  readonly #unknown: number;

  constructor(metadata: CaptureFileMetadata, appId: string, remote: string | undefined) {
    const name = blockName(metadata, largestSequence);
    const frame = (known: boolean) => frameOf({ ...metadata, remote }, appId, metadata.part, name, known);
    const lineBytes = (known: boolean) =>
      Buffer.byteLength(lineOf(frame(known), [], 0, known ? 0 : undefined, 0)) + stampBytes;
    this.#known = lineBytes(true);
    this.#unknown = lineBytes(false);
    this.#field = Buffer.byteLength(frame(true).key) + ':_'.length;
  }

  /** undefined: a record has more leaves than a message may. */
  of({ kind, count, values }: DecodedBlock, isTimeKnown: boolean): OpenedSize | undefined {
    const base = isTimeKnown ? this.#known : this.#unknown;
    if (kind !== 'record')
      return { lines: count * (base + this.#field + numberBytes), rows: count * rowBytes };
    let lines = count * base;
    let rows = 0;
    for (const record of values as object[]) {
      const leaves = leavesOf(record);
      if (leaves === undefined) return undefined;
      for (const { field, value } of leaves) {
        const text = typeof value === 'string' ? Buffer.byteLength(JSON.stringify(value)) + 1 : 0;
        lines += this.#field + Buffer.byteLength(field) + (text || numberBytes);
        rows += rowBytes + text;
      }
    }
    return { lines, rows };
  }
}
