/** Puts a message together in one buffer as long as it says, read from the socket straight to its place. */
import { announcedLength } from './message-reader';

/** Bytes. */
export const longestMessage = 16_384;
/** Bytes of a message that say how long it is. */
const headLength = 8;
/** Bytes that are read at once. */
const most = 512;

/** What bytes are read from: the WebSocket client. */
export interface ByteSource {
  read(into: Uint8Array): unknown;
}

export class Assembly {
  private bytes: Uint8Array | undefined;
  private filled = 0;

  /** Whether so much more can belong to the message. The SDK makes less than nothing of lengths from 2³¹ on. */
  fits(count: number): boolean {
    return count >= 0 && this.filled + count <= longestMessage;
  }

  /** @param count bytes, which fit; all of them are read @returns the message, when this was its last part */
  add(source: ByteSource, count: number, more: boolean): Uint8Array | undefined {
    const end = this.filled + count;
    if (this.bytes === undefined) this.begin(source, count, more);
    else if (end > this.bytes.length) {
      const longer = new Uint8Array(end);
      longer.set(this.bytes);
      this.bytes = longer;
    }
    const bytes = this.bytes!;
    while (this.filled < end) {
      const to = Math.min(end, this.filled + most);
      source.read(bytes.subarray(this.filled, to));
      this.filled = to;
    }
    if (more) return undefined;
    this.bytes = undefined;
    this.filled = 0;
    return end === bytes.length ? bytes : bytes.subarray(0, end);
  }

  private begin(source: ByteSource, count: number, more: boolean): void {
    const head = new Uint8Array(Math.min(headLength, count));
    if (head.length > 0) source.read(head);
    this.bytes = new Uint8Array(
      more ? Math.min(longestMessage, Math.max(count, announcedLength(head))) : count,
    );
    this.bytes.set(head);
    this.filled = head.length;
  }
}
