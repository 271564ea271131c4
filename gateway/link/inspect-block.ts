/** Opens a block far enough to check it and to know where it belongs. */
import type { PartMilliseconds } from '@sluice/common/clock';
import { BlockError } from '../../modules/block/block-error';
import { decodeBlock } from '../../modules/block/decoder';

export interface BlockSummary {
  stream: number;
  boot: { counter: number; random: number };
  sequence: number;
  readings: number;
  /** Of the first and last reading. */
  start: PartMilliseconds;
  end: PartMilliseconds;
}

/** Total: any bytes give a summary or an error with code and offset. */
export function inspectBlock(bytes: Uint8Array): BlockSummary | BlockError {
  const block = decodeBlock(bytes);
  if (block instanceof BlockError) return block;
  const { stream, boot, sequence, count: readings } = block;
  return { stream, boot, sequence, readings, ...block.edges() };
}
