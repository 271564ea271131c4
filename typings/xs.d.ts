/** What XS adds to the language, as far as the firmware uses it (XS 13 to 17). */

/** Bytes in one-byte elements. XS takes no typed array of wider elements where bytes are meant. */
type ByteBuffer = ArrayBuffer | Uint8Array | Int8Array | Uint8ClampedArray | DataView;

/** Writes to the debugger's console, or to serial in a debug build. Adds no line end. Silent in release builds. */
declare function trace(...values: (string | number | boolean)[]): void;

interface ArrayBufferConstructor {
  /** The text in UTF-8, without a terminating zero. */
  fromString(text: string): ArrayBuffer;
}

interface ArrayBuffer {
  concat(...others: ArrayBuffer[]): ArrayBuffer;
}

interface StringConstructor {
  /** Decodes UTF-8. Throws on malformed input. Takes an ArrayBuffer, never a view. */
  fromArrayBuffer(buffer: ArrayBufferLike): string;
}

interface ObjectConstructor {
  /** With `deep` all that is reachable is frozen too. */
  freeze<T>(object: T, deep: boolean): Readonly<T>;
}
