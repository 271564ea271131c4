/** Puts a message together that comes in parts, in one buffer as long as its first part says. */
import { announcedLength } from './message-reader';

/** Bytes. */
export const longestMessage = 16_384;

export class Assembly {
  private bytes: Uint8Array | undefined;
  private filled = 0;

  /** @param part fits: `fits` has said so @returns the message, when this was its last part */
  add(part: Uint8Array, more: boolean): Uint8Array | undefined {
    if (!more && this.bytes === undefined) return part;
    const end = this.filled + part.length;
    const length = this.bytes?.length ?? Math.min(longestMessage, announcedLength(part));
    if (this.bytes === undefined || end > length) {
      const longer = new Uint8Array(Math.max(end, length));
      if (this.bytes !== undefined) longer.set(this.bytes);
      this.bytes = longer;
    }
    this.bytes.set(part, this.filled);
    this.filled = end;
    if (more) return undefined;
    const whole = this.bytes.subarray(0, end);
    this.bytes = undefined;
    this.filled = 0;
    return whole;
  }

  fits(count: number): boolean {
    return this.filled + count <= longestMessage;
  }
}
