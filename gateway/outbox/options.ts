/** What an outbox is opened with, and what it tells those who listen. */
import type { Clock } from '@sluice/common/clock';
import type { Storage } from '@sluice/common/storage';
import type { Collector, Fate, Tally } from './account';
import type { BlockEntry } from './entry';
import type { Item } from './items';
import type { StreamState } from './streams';

export interface OutboxOptions {
  /** The capture directory's absolute path; made when it does not exist. */
  path: string;
  /** Where everything goes, by name. Default: one, `cloud`. */
  destinations?: readonly string[];
  /** Bytes of a complete file at most. Default 262,144. */
  maximumFileBytes?: number;
  /** Bytes of log at half of which a checkpoint is made; it never takes more than twice as many. Default 16 MiB. */
  journalBytes?: number;
  /** Bytes of complete files in memory, above which they are written before a checkpoint comes. Default 8 MiB. */
  heldBytes?: number;
  /** Bytes not yet durable above which parts are held back. Default 4 MiB. */
  pendingBytes?: number;
  storage?: Storage;
  clock?: Clock;
  /** Throws where what was kept (`Outbox.keep`) has become something else: then it is kept aside, as what is damaged. */
  checkKept?(data: unknown): void;
  /** Something could not be written or read; nothing acknowledged is lost by it. */
  onProblem?(path: string, error: Error): void;
}

export const defaultFileBytes = 262_144;

export interface DurableBlock {
  state: StreamState;
  entry: BlockEntry;
}

export interface OutboxEvents {
  /** After each commit: streams whose watermark has moved, and the blocks. */
  durable: { states: Set<StreamState>; blocks: DurableBlock[] };
  /** Stamps of a stream went back to the clock, which they were `ahead` ms ahead of. */
  corrected: { state: StreamState; ahead: number };
  /** A commit failed: everything not reported durable was not kept. */
  failed: Error;
  /** There is room again for what was held back. */
  relieved: undefined;
  /** An item is complete. */
  complete: Item;
  /** An item has come to its end, for one destination or (left out) for all that had not settled it. */
  settled: { item: Item; fate: Fate; destination?: string };
  /** Blocks that were in no complete item yet were deleted by hand. */
  gone: { collector: Collector; count: Tally };
}
