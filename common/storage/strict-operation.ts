/** The operations of the strict disk, and what its storage needs of it. */
import type { Random } from './strict-content';
import type { StrictTree } from './strict-tree';

export type OperationKind =
  | 'list'
  | 'status'
  | 'open'
  | 'create'
  | 'read'
  | 'append'
  | 'truncate'
  | 'sync'
  | 'rename'
  | 'remove'
  | 'makeEntry'
  | 'syncDirectory';

export interface Operation {
  /** Counted from 1 over the disk's whole life. */
  number: number;
  kind: OperationKind;
  path: string;
}

/** How each kind can fail. */
export const possibleFailures: Record<OperationKind, readonly string[]> = {
  list: ['EIO', 'EMFILE'],
  status: ['EIO'],
  open: ['EIO', 'EMFILE'],
  create: ['EIO', 'EMFILE', 'ENOSPC'],
  read: ['EIO'],
  append: ['EIO', 'ENOSPC'],
  truncate: ['EIO'],
  sync: ['EIO', 'ENOSPC'],
  rename: ['EIO', 'ENOSPC'],
  remove: ['EIO'],
  makeEntry: ['EIO', 'ENOSPC'],
  syncDirectory: ['EIO', 'EMFILE'],
};

export interface OperatedDisk {
  capacity: number;
  used: number;
  changes: number;
  readonly tree: StrictTree;
  readonly random: Random;
  /**
   * One operation of a life of the process. `effect` is done at once; `torn` instead when the operation fails or the
   * process dies in it.
   */
  perform<T>(life: number, kind: OperationKind, path: string, effect: () => T, torn?: () => void): Promise<T>;
}
