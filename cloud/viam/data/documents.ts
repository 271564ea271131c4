/** Documents of an answer: BSON, one behind the other. */

/** @param pieces of the answer, cut anywhere */
export async function* documentsIn(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let rest: Uint8Array = new Uint8Array(0);
  for await (const piece of pieces) {
    const bytes = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
    let at = 0;
    while (bytes.length - at >= 4) {
      // A document begins with its length.
      const length = new DataView(bytes.buffer, bytes.byteOffset + at).getInt32(0, true);
      if (bytes.length - at < length) break;
      yield bytes.subarray(at, at + length);
      at += length;
    }
    rest = bytes.subarray(at);
  }
}
