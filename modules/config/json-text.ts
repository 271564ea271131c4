/** The bytes of a JSON text that was checked, and ways through them. */

import type { JsonIndex } from './json-index';
import { decodeUtf8 } from './utf8';

export const quote = 0x22;
export const comma = 0x2c;
export const colon = 0x3a;
export const backslash = 0x5c;

export class JsonText {
  readonly bytes: Uint8Array;
  /** Whether all names seen so far are ASCII without escapes, so that they are as long as they look. */
  plain = true;
  private readonly index: JsonIndex;

  constructor(bytes: Uint8Array, index: JsonIndex) {
    this.bytes = bytes;
    this.index = index;
  }

  /** The first place from `place` on that is neither comma, colon nor white space, the only bytes that low out of strings. */
  skip(place: number): number {
    const { bytes } = this;
    for (;;) {
      while (bytes[place] === 0x20) place++;
      const byte = bytes[place];
      if (byte > 0x20 && byte !== comma && byte !== colon) break;
      if (byte === undefined) break;
      place++;
    }
    return place;
  }

  /** Where the value that begins at `start` ends: after its last byte. */
  endOf(start: number): number {
    const { bytes } = this;
    let byte = bytes[start];
    if (byte === quote) return this.stringEnd(start);
    // [ and { differ in one bit, ] and } as well.
    if ((byte & 0xdf) === 0x5b) return this.index.endOf(start);
    let end = start;
    // Undefined after the last byte compares false.
    while (byte > 0x20 && byte !== comma && (byte & 0xdf) !== 0x5d) byte = bytes[++end];
    return end;
  }

  /** After the closing quote of the string that begins at `start`. */
  stringEnd(start: number): number {
    const { bytes } = this;
    let end = start + 1;
    while (bytes[end] !== quote) end += bytes[end] === backslash ? 2 : 1;
    return end + 1;
  }

  /** Where the first element or member's name is of the array or object that begins at `start`; -1 when it is empty. */
  first(start: number): number {
    return this.unlessEnd(this.skip(start + 1));
  }

  /** Where the element or name is that follows the value at `place`; -1 after the last one. */
  after(place: number): number {
    return this.unlessEnd(this.skip(this.endOf(place)));
  }

  /** Where the value is of the member whose name begins at `name`. */
  valueOf(name: number): number {
    const { bytes } = this;
    let end = name + 1;
    for (let byte = bytes[end]; byte !== quote; byte = bytes[end]) {
      if (byte === backslash || byte >= 0x80) this.plain = false;
      end += byte === backslash ? 2 : 1;
    }
    return this.skip(end + 1);
  }

  private unlessEnd(place: number): number {
    return (this.bytes[place] & 0xdf) === 0x5d ? -1 : place;
  }

  /** The value that begins at `start`, as it is written. */
  textAt(start: number): string {
    return decodeUtf8(this.bytes, start, this.endOf(start));
  }

  /** The same without white space, by which two texts of the same value may differ. */
  compactAt(start: number): string {
    const { bytes } = this;
    const end = this.endOf(start);
    const compact = new Uint8Array(end - start);
    let length = 0;
    for (let place = start; place < end; ) {
      const next = bytes[place] === quote ? this.stringEnd(place) : place + 1;
      if (bytes[place] <= 0x20) place = next;
      else while (place < next) compact[length++] = bytes[place++];
    }
    return decodeUtf8(compact, 0, length);
  }

  /** The characters of the string that begins at `start`. */
  stringAt(start: number): string {
    const { bytes } = this;
    let end = start + 1;
    while (bytes[end] !== quote) {
      // Only what has escapes is worth the engine's parser, which for a lone string makes no names.
      if (bytes[end] === backslash) return JSON.parse(this.textAt(start)) as string;
      end++;
    }
    return decodeUtf8(bytes, start + 1, end);
  }
}
