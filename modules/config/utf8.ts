/** Text to UTF-8 and back, by whatever the engine has for it: XS and Node differ. */

interface XSBuffers {
  fromString?(text: string): ArrayBuffer;
}
interface WebEncodings {
  TextEncoder?: new () => { encode(text: string): Uint8Array };
  TextDecoder?: new () => { decode(bytes: Uint8Array): string };
}

/** The bytes are the caller's own: a fresh copy. */
export function encodeUtf8(text: string): Uint8Array {
  const buffers = ArrayBuffer as XSBuffers;
  if (buffers.fromString) return new Uint8Array(buffers.fromString(text));
  return new (globalThis as WebEncodings).TextEncoder!().encode(text);
}

/** `bytes` must be a whole buffer, as `encodeUtf8` makes it. */
export function decodeUtf8(bytes: Uint8Array): string {
  const strings = String as { fromArrayBuffer?(buffer: ArrayBufferLike): string };
  if (strings.fromArrayBuffer) return strings.fromArrayBuffer(bytes.buffer);
  return new (globalThis as WebEncodings).TextDecoder!().decode(bytes);
}
