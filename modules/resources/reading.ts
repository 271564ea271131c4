/** What can be read, and what a read that gave nothing is. */

/** Anything that is read: a driver's own object. Throws when the read fails. */
export interface Readable<Value> {
  read(): Value;
}

/** An io of the SDK: when ESP-IDF reports an error its read may give nothing instead of throwing (`Analog`). */
export interface NativeReadable<Value> {
  read(): Value | undefined;
}

/**
 * There is nothing to read at present, as may well be: no echo, no access point, a first measurement under way. A read
 * that fails and is counted so, and no fault that somebody should look at.
 */
export class NothingToRead extends Error {}

/** What a read gave, or a failed read when it gave nothing. */
export function readingOf<Value>(io: NativeReadable<Value>): Value {
  return io.read() ?? unread();
}

/** A loop that cannot spend a call on each read says `io.read() ?? unread()`. @throws Error always */
export function unread(): never {
  throw new Error('the read gave nothing');
}
