/**
 * Writes texts: how many bytes one takes in UTF-8, then these, straight into the block. Twice over the text rather
 * than a buffer, which would have to hold the longest that fits a block.
 */
import type { BlockWriter } from './block-writer';

// Called on a text as its method, XS makes an object of the text each time.
const { charCodeAt } = String.prototype;

/** A text that does not fit makes the reading not fit. Lone surrogates become U+FFFD. */
export function putText(writer: BlockWriter, text: string): void {
  const most = writer.room() >> 3;
  const length = utf8(text, most, undefined);
  if (length > most) {
    writer.written = writer.limit + 1;
    return;
  }
  writer.putNumber(length);
  utf8(text, most, writer);
}

/** Bytes of a text, put into `writer` if there is one; of one that takes more than `most`, any more than that. */
function utf8(text: string, most: number, writer: BlockWriter | undefined): number {
  let length = 0;
  let index = 0;
  let code = charCodeAt.call(text, 0);
  // After the last one comes NaN.
  while (code >= 0 && length <= most) {
    index += 1;
    let next = charCodeAt.call(text, index);
    if (code >= 0xd800 && code < 0xe000) {
      if (code < 0xdc00 && next >= 0xdc00 && next < 0xe000) {
        code = 0x10000 + ((code - 0xd800) << 10) + (next - 0xdc00);
        index += 1;
        next = charCodeAt.call(text, index);
      } else code = 0xfffd;
    }
    const bytes = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    length += bytes;
    if (writer !== undefined) putCode(writer, code, bytes);
    code = next;
  }
  return length;
}

function putCode(writer: BlockWriter, code: number, bytes: number): void {
  if (bytes === 1) {
    writer.put(code, 8);
    return;
  }
  let shift = 6 * (bytes - 1);
  writer.put(((0xf00 >> bytes) & 0xff) | (code >> shift), 8);
  while (shift > 0) {
    shift -= 6;
    writer.put(0x80 | ((code >> shift) & 63), 8);
  }
}
