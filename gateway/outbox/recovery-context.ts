/** What the parts of a start share. */
import type { Storage } from '@sluice/common/storage';
import type { StreamName } from '../../modules/block/file';
import type { CaptureFiles } from './capture-files';
import type { DeliveredNotes } from './delivered-notes';
import type { BlockEntry } from './entry';
import type { OutboxState } from './state';
import type { UnsyncedFiles } from './stored-files';
import type { StreamState } from './streams';

export interface Recovery {
  root: string;
  /** Where snapshot and journals are. */
  home: string;
  storage: Storage;
  state: OutboxState;
  files: CaptureFiles;
  unsynced: UnsyncedFiles;
  notes: DeliveredNotes;
  onProblem(path: string, error: Error): void;
}

/** Of a stream, what the log has behind the snapshot. */
export interface LoggedStream {
  stream: StreamState;
  /** By sequence: what no file has, as far as they were looked at, and is filed again. */
  blocks: Map<number, BlockEntry>;
  /** Sequence numbers of all. */
  all: Set<number>;
  /** Of those whose item was settled for good: a file that has them still, or once more, is not to go again. */
  ended: Set<number>;
  /** By sequence: the place of the file that has it. In another file it is a twin. */
  owner: Map<number, string>;
}

export type Logged = Map<StreamName, LoggedStream>;

/** A block of an item that was settled for good is neither filed again nor taken from a file. */
export function endLogged({ blocks, all, ended }: LoggedStream, sequence: number): void {
  blocks.delete(sequence);
  if (all.has(sequence)) ended.add(sequence);
}
