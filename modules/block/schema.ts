/** The shape of a record: what its readings have in common, so that it is written once a block. */

/** Code of each node, three bits. */
export const NodeType = Object.freeze({
  number: 0,
  boolean: 1,
  string: 2,
  null: 3,
  object: 4,
  array: 5,
} as const);
export type NodeType = (typeof NodeType)[keyof typeof NodeType];

// What `typeof` yields. An engine that keeps its code in RAM copies a string literal whenever it meets one.
export const numberName = typeof 0;
const booleanName = typeof true;
export const stringName = typeof '';
const objectName = typeof {};

/** A value without form in a block is null. */
export function typeOf(value: unknown): NodeType {
  const type = typeof value;
  if (type === numberName) return NodeType.number;
  if (type === booleanName) return NodeType.boolean;
  if (type === stringName) return NodeType.string;
  if (type !== objectName || value === null) return NodeType.null;
  return Array.isArray(value) ? NodeType.array : NodeType.object;
}

/** Bounds on what a record may be. */
export const maximumDepth = 8;
/** Of a record that is encoded: each object or list in another takes its share of the 384 slots of stack of an ESP32-C3. */
export const maximumEncodedDepth = 4;
export const maximumNodes = 255;
/** Nodes of all the readings of a block, so that a block of little more than nulls does not fill a memory. */
export const maximumValues = 1 << 20;
/** Shapes that one block holds. */
export const maximumSchemas = 15;

/** The string of UTF-8 bytes; what is not UTF-8 becomes U+FFFD. */
export function decodeText(bytes: Uint8Array): string {
  let text = '';
  for (let index = 0; index < bytes.length; ) {
    const first = bytes[index]!;
    index += 1;
    if (first < 0x80) {
      text += String.fromCharCode(first);
      continue;
    }
    const more = first >= 0xf0 && first < 0xf5 ? 3 : first >= 0xe0 ? 2 : 1;
    let code = more === 3 ? first & 7 : more === 2 ? first & 15 : first & 31;
    let taken = 0;
    while (taken < more && index < bytes.length && (bytes[index]! & 0xc0) === 0x80) {
      code = (code << 6) | (bytes[index]! & 63);
      index += 1;
      taken += 1;
    }
    const least = more === 3 ? 0x10000 : more === 2 ? 0x800 : 0x80;
    const surrogate = code >= 0xd800 && code < 0xe000;
    text +=
      first < 0xc2 || first > 0xf4 || taken < more || code < least || code > 0x10ffff || surrogate
        ? '\ufffd'
        : String.fromCodePoint(code);
  }
  return text;
}
