/**
 * What arrived at a door: checked, and as it came. The inbox keeps it, every stage reads it, and it is all that a stage
 * is told.
 */
import type { CapturedBlock, CaptureFileMetadata } from '../../modules/block/file';
import type { ReadingName } from '../message/message';

/** Number of an arrival since the inbox began; as a boundary, that of the first arrival behind it. */
export type Position = number;

interface Arrived {
  /** Wall milliseconds at which it came. */
  arrived: number;
  appId: string;
  /** The device that the resource is on. */
  devId: string;
}

/** A standardised message. */
export interface MessageArrival extends Arrived {
  kind: 'message';
  /** UTF-8 JSON, one line without its end, to the digit as it came; where it had no `time`, with the arrival's. */
  line: Uint8Array;
  name?: ReadingName;
}

/** Blocks of one stream, in the order of the file that they came in. None of them is in the inbox twice. */
export interface BlocksArrival extends Arrived {
  kind: 'blocks';
  /** The main part that handed them in. */
  main: string;
  /** What the main calls the part, if not by its name. */
  remote?: string;
  metadata: CaptureFileMetadata;
  /** Each decodes, and has as many readings as it says. */
  blocks: readonly CapturedBlock[];
}

/** As a door hands it in. */
export type NewArrival = MessageArrival | BlocksArrival;

/** As a stage gets it. */
export type Arrival = NewArrival & { position: Position };

/** Readings that it stands for: of a message one. */
export function readingsOf(arrival: NewArrival): number {
  if (arrival.kind === 'message') return 1;
  return arrival.blocks.reduce((sum, { readings }) => sum + readings, 0);
}
