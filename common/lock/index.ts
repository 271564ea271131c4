/**
 * One program a directory.
 *
 * What comes in: a directory. What goes out: a lock on it, or who has it. What holds: never two holders; a lock whose
 * process is gone is free at once.
 */
export { type Lock, lockDirectory } from './lock';
