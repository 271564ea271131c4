/**
 * Where Node programs keep what must survive.
 *
 * What comes in: files, replacements, removals. What goes out: the same after a crash, or an error. What holds:
 * nothing is durable that was not synced, so logs, cursors and watermarks go through here only, and a test cuts the
 * power under them with `StrictDisk`.
 */
export { madeOnce, replaceSecret } from './made-once';
export { NodeStorage } from './node-storage';
export { mayPass, PatientStorage } from './patient-storage';
export {
  type DirectoryEntry,
  type EntryStatus,
  type ReadableFile,
  Storage,
  type StorageFile,
} from './storage';
