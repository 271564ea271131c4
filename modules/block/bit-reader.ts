/** Reads the bits of a block, from the lowest of each byte. Past the end it yields zeros and sets `exhausted`. */
export class BitReader {
  exhausted = false;
  /** In bits from the start of `bytes`. */
  position: number;

  constructor(
    public bytes: Uint8Array,
    start: number,
    /** In bytes. */
    public end: number,
  ) {
    this.position = 8 * start;
  }

  /** An integer of `length` (≤ 32) bits. */
  take(length: number): number {
    let value = 0;
    for (let taken = 0; taken < length; ) {
      const byte = this.position >> 3;
      if (byte >= this.end) {
        this.exhausted = true;
        return 0;
      }
      const shift = this.position & 7;
      const part = Math.min(8 - shift, length - taken);
      value += ((this.bytes[byte]! >> shift) & ((1 << part) - 1)) * 2 ** taken;
      taken += part;
      this.position += part;
    }
    return value;
  }

  /** Zeros before the next one, which is taken too; `limit` of them end the count without a one. */
  unary(limit: number): number {
    let zeros = 0;
    while (zeros < limit && !this.exhausted && this.take(1) === 0) zeros += 1;
    return zeros;
  }

  /** An exponential-Golomb code, 0 … 2⁵³ − 2. */
  gamma(): number {
    const length = this.unary(53);
    if (length > 52) {
      this.exhausted = true;
      return 0;
    }
    const low = length > 32 ? this.take(32) : this.take(length);
    const high = length > 32 ? this.take(length - 32) : 0;
    return 2 ** length + high * 2 ** 32 + low - 1;
  }

  /** LEB128, 0 … 2⁵³ − 1. */
  varint(): number {
    let value = 0;
    for (let shift = 0; shift < 56; shift += 7) {
      const byte = this.take(8);
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) {
        if (value > Number.MAX_SAFE_INTEGER) break;
        return value;
      }
    }
    this.exhausted = true;
    return 0;
  }
}
