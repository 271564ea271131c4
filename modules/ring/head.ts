/**
 * The RAM head: records in a byte ring, in the order in which they came. What holds: a record is never split, and
 * leaves only as the oldest.
 */
export class Head {
  /** Bytes from the oldest record to the newest, those no longer wanted included. */
  used = 0;
  /** Where the oldest record stands in the working memory, while `used` > 0. */
  oldest: number;
  private free: number;
  /** While wrapped, the oldest records lie before `wrap` and the newest before `oldest`; else −1. */
  private wrap = -1;

  /** @param begin first byte in the working memory */
  constructor(
    readonly begin: number,
    readonly size: number,
  ) {
    this.oldest = begin;
    this.free = begin;
  }

  /** Takes room for a record. @returns where it goes, or −1 when there is no room */
  take(size: number): number {
    if (this.used === 0) {
      this.oldest = this.begin;
      this.free = this.begin;
      this.wrap = -1;
    }
    if (this.wrap < 0 && this.begin + this.size - this.free < size) {
      if (this.oldest - this.begin < size) return -1;
      this.wrap = this.free;
      this.free = this.begin;
    }
    if (this.wrap >= 0 && this.oldest - this.free < size) return -1;
    const at = this.free;
    this.free += size;
    this.used += size;
    return at;
  }

  /** Lets the oldest record go. */
  drop(size: number): void {
    this.used -= size;
    this.oldest += size;
    if (this.oldest === this.wrap) {
      this.oldest = this.begin;
      this.wrap = -1;
    }
  }
}
