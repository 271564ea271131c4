/** Texts that a message can carry: XS keeps NUL and lone surrogates in bytes that are no UTF-8. */

import { encodeUtf8 } from './utf8';

const replacementCharacter = '\ufffd';

/** Where the first character is that cannot be sent; -1 when all can. */
function faultOf(text: string): number {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === 0) return index;
    if (code < 0xd800 || code >= 0xe000) continue;
    const next = text.charCodeAt(index + 1);
    if (code >= 0xdc00 || !(next >= 0xdc00 && next < 0xe000)) return index;
    index++;
  }
  return -1;
}

export function isSendable(text: string): boolean {
  return faultOf(text) < 0;
}

/** The text's UTF-8, with U+FFFD for each character that cannot be sent. */
export function encodeSendable(text: string): Uint8Array {
  const bytes = encodeUtf8(text);
  // As many bytes as characters is ASCII, as most of what is sent: a look at each character is dear. (In XS, NUL takes two.)
  if (bytes.length === text.length && !text.includes('\0')) return bytes;
  return encodeUtf8(sendable(text));
}

/** The text with U+FFFD for each character that cannot be sent. */
export function sendable(text: string): string {
  let clean = text;
  for (let at = faultOf(clean); at >= 0; at = faultOf(clean))
    clean = clean.slice(0, at) + replacementCharacter + clean.slice(at + 1);
  return clean;
}
