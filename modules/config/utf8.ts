/** Text to UTF-8 and back, by whatever the engine has for it: XS and Node differ. */

interface XSBuffers {
  fromString?(text: string): ArrayBuffer;
}
interface XSStrings {
  fromArrayBuffer?(buffer: ArrayBufferLike, offset: number, length: number): string;
}
interface WebEncodings {
  TextEncoder?: new () => { encode(text: string): Uint8Array };
  TextDecoder?: new (label: string, options: { ignoreBOM: boolean }) => { decode(bytes: Uint8Array): string };
}

/** The bytes are the caller's own: a fresh copy. */
export function encodeUtf8(text: string): Uint8Array {
  const buffers = ArrayBuffer as XSBuffers;
  if (buffers.fromString) return new Uint8Array(buffers.fromString(text));
  return new (globalThis as WebEncodings).TextEncoder!().encode(text);
}

/** Of the bytes from `start` to `end`; in XS, throws when they are not UTF-8. */
export function decodeUtf8(bytes: Uint8Array, start = 0, end = bytes.length): string {
  const strings = String as XSStrings;
  // Without a copy of the bytes, nor a view of them.
  if (strings.fromArrayBuffer)
    return strings.fromArrayBuffer(bytes.buffer, bytes.byteOffset + start, end - start);
  const decoder = new (globalThis as WebEncodings).TextDecoder!('utf-8', { ignoreBOM: true });
  return decoder.decode(bytes.subarray(start, end));
}
