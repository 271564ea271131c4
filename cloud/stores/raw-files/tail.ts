/**
 * What a day's file holds behind the length that it had before a batch, when that batch was interrupted: entries of it
 * that need not be written again, perhaps a torn one, perhaps what somebody else has written.
 */
import { sectionAt } from './day-file';

/** A line with its end, or a block's record. */
export type Format = 'lines' | 'blocks';

export class Tail {
  /** Bytes of the tail that are entries of the batch. */
  #matched = 0;
  #diverged = false;
  readonly #bytes: Uint8Array;
  readonly #format: Format;

  constructor(bytes: Uint8Array, format: Format) {
    this.#bytes = bytes;
    this.#format = format;
  }

  /** Whether the next entry of the batch stands there. After a false one nothing more is looked for. */
  takes(entry: Uint8Array): boolean {
    if (this.#diverged) return false;
    const begin = this.#format === 'blocks' ? this.#recordFrom(this.#matched) : this.#matched;
    const found = this.#bytes.subarray(begin, begin + entry.length);
    if (Buffer.compare(found, entry) !== 0) {
      this.#diverged = true;
      return false;
    }
    this.#matched = begin + entry.length;
    return true;
  }

  /**
   * Whether nothing is left but the beginning of the entry that comes next, or zeros, which a power cut leaves: only
   * that is ours to be cut off.
   */
  isOurs(next: Uint8Array | undefined): boolean {
    const begin = this.#format === 'blocks' ? this.#recordFrom(this.#matched) : this.#matched;
    const left = this.#bytes.subarray(begin);
    if (left.every((byte) => byte === 0)) return true;
    if (this.#format === 'blocks' && Buffer.from(left.subarray(0, 7)).toString('latin1') === 'SLUICE-')
      return typeof sectionAt(left, 0) === 'number';
    return next !== undefined && Buffer.compare(left, next.subarray(0, left.length)) === 0;
  }

  /** Past heads and marks, which were written anew or not. */
  #recordFrom(from: number): number {
    for (let at = from; ; ) {
      const section = sectionAt(this.#bytes, at);
      if (typeof section !== 'object' || section.kind === 'record') return at;
      at = section.end;
    }
  }
}
