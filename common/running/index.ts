/**
 * What runs in a directory: one program, which holds a lock there, and says in a note where it shows itself.
 *
 * What comes in: a directory. What goes out: the lock, or a sentence about who has it. What holds: the lock is the
 * kernel's, the note for people. Of little weight, since every command that looks for a program loads it.
 */
export { holdDirectory, whileNothingRuns } from './hold';
export { noteRunning, type RunningProgram, runningIn } from './running';
