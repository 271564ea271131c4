/**
 * Milliseconds, by what they are counted from. A plain number may become either, and either is a number to reckon with;
 * one is not taken for the other.
 */

/** Since the Unix epoch, as the machine's clock has it: may be set back. */
export type WallMilliseconds = number & { readonly since?: 'epoch' };
/** Since some moment of this process: only grows. */
export type MonotonicMilliseconds = number & { readonly since?: 'process' };
/** Since the boot of a part, by its own clock. */
export type PartMilliseconds = number & { readonly since?: 'boot' };
