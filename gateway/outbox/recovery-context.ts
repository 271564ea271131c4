/** What the parts of a start share. */
import type { Storage } from '@sluice/common/storage';
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

/** Blocks that the log has, by stream and sequence: what no file has of them is filed again. */
export type Logged = Map<string, { stream: StreamState; blocks: Map<number, BlockEntry> }>;
