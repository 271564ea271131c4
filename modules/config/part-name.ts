/**
 * The one rule for a part's name, which becomes a device's name in the platform, a topic and the name of files: 1 to 64
 * bytes of UTF-8, no white space, no control characters, none of / \\ + # and neither "." nor "..".
 */
import { encodeUtf8 } from './utf8';

/** What a part is called, when it is not taken for a block's name, a stream's or a path. */
export type PartName = string & { readonly names?: 'part' };

/** Bytes. */
export const longestPartName = 64;

const refused = '/\\+#';

/** @returns what is wrong with a name; undefined: nothing */
export function partNameFault(name: string): string | undefined {
  if (name === '') return 'is empty';
  if (encodeUtf8(name).length > longestPartName) return `is longer than ${longestPartName} bytes`;
  if (name === '.' || name === '..') return 'is a directory';
  for (let index = 0; index < name.length; index++) {
    const code = name.charCodeAt(index);
    if (
      code < 0x21 ||
      (code >= 0x7f && code <= 0xa0) ||
      (code >= 0xd800 && code <= 0xdfff && isHalf(name, index))
    )
      return 'has white space or a control character';
    if (
      code === 0x3000 ||
      (code >= 0x2000 && code <= 0x200f) ||
      code === 0x2028 ||
      code === 0x2029 ||
      code === 0xfeff
    )
      return 'has white space or a control character';
    if (refused.includes(name[index]!)) return `has a ${name[index]}`;
  }
  return undefined;
}

/** Whether a surrogate stands alone. In XS a pair is one character, so that none is met there. */
function isHalf(name: string, index: number): boolean {
  const code = name.charCodeAt(index);
  if (code < 0xdc00) {
    const next = name.charCodeAt(index + 1);
    return !(next >= 0xdc00 && next <= 0xdfff);
  }
  const before = index > 0 ? name.charCodeAt(index - 1) : 0;
  return !(before >= 0xd800 && before < 0xdc00);
}
