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
  /** While wrapped, the oldest records lie before `wrap` and the newest before `oldest`. */
  private wrapped = false;
  private wrap = 0;

  /** @param begin first byte in the working memory @param end byte after the last */
  constructor(
    readonly begin: number,
    private readonly end: number,
  ) {
    this.oldest = begin;
    this.free = begin;
  }

  /** Takes room for a record. @returns where it goes, or −1 when there is no room */
  take(size: number): number {
    if (this.used === 0) {
      this.oldest = this.begin;
      this.free = this.begin;
      this.wrapped = false;
    }
    if (!this.wrapped && this.end - this.free < size) {
      if (this.oldest - this.begin < size) return -1;
      this.wrap = this.free;
      this.wrapped = true;
      this.free = this.begin;
    }
    if (this.wrapped && this.oldest - this.free < size) return -1;
    const at = this.free;
    this.free += size;
    this.used += size;
    return at;
  }

  /** Lets the oldest record go. */
  drop(size: number): void {
    this.used -= size;
    this.oldest += size;
    if (this.wrapped && this.oldest === this.wrap) {
      this.oldest = this.begin;
      this.wrapped = false;
    }
  }
}
