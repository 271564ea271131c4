/** Puts a message together in one buffer as long as it says, read from the socket straight to its place. */
import { announcedLength } from './message-reader';

/** Bytes. */
export const longestMessage = 16_384;
/** Bytes of a message that say how long it is. */
const headLength = 8;
/** Bytes that are read at once. */
const most = 512;
/** Bytes of a message that always has room, and what is kept of one that has none: the beginning. */
const always = 2_048;
const beginning = 256;

/** What bytes are read from: the WebSocket client. */
export interface ByteSource {
  read(into: Uint8Array): unknown;
}

/** Who knows the memory. */
export interface Room {
  /** Whether a message of so many bytes has room. */
  hasRoom(bytes: number): boolean;
}

export class Assembly {
  private readonly room: Room;
  private bytes: Uint8Array | undefined;
  private filled = 0;
  /** Of the message at hand only the beginning is kept. */
  private isCut = false;

  constructor(room: Room) {
    this.room = room;
  }

  /** Whether so much more can belong to the message. The SDK makes less than nothing of lengths from 2³¹ on. */
  fits(count: number): boolean {
    return count >= 0 && this.filled + count <= longestMessage;
  }

  /**
   * @param count bytes, which fit; all of them are read
   * @returns the message, when this was its last part; where it has no room, its beginning, shorter than it announces
   */
  add(source: ByteSource, count: number, more: boolean): Uint8Array | undefined {
    const end = this.filled + count;
    if (this.bytes === undefined) this.begin(source, count, more);
    else if (!this.isCut && end > this.bytes.length) this.grow(end);
    const bytes = this.bytes!;
    while (this.filled < end) {
      const to = Math.min(end, this.filled + most);
      this.filled += this.take(source, to - this.filled);
    }
    if (more) return undefined;
    this.bytes = undefined;
    this.filled = 0;
    this.isCut = false;
    return end >= bytes.length ? bytes : bytes.subarray(0, end);
  }

  /** @returns how many of the bytes it has read */
  private take(source: ByteSource, count: number): number {
    const { filled } = this;
    const bytes = this.bytes!;
    const place = filled < bytes.length ? bytes.subarray(filled, filled + count) : new Uint8Array(count);
    source.read(place);
    return place.length;
  }

  private begin(source: ByteSource, count: number, more: boolean): void {
    const head = new Uint8Array(Math.min(headLength, count));
    if (head.length > 0) source.read(head);
    const length = more ? Math.min(longestMessage, Math.max(count, announcedLength(head))) : count;
    this.bytes = new Uint8Array(this.boundOf(length));
    this.bytes.set(head);
    this.filled = head.length;
  }

  private grow(length: number): void {
    const bytes = this.bytes!;
    const longer = new Uint8Array(this.boundOf(length));
    longer.set(bytes.subarray(0, longer.length));
    this.bytes = longer;
  }

  /** Bytes to keep of a message of this length. */
  private boundOf(length: number): number {
    this.isCut = length > always && !this.room.hasRoom(length);
    return this.isCut ? beginning : length;
  }
}
