// XS has no TextDecoder of its own. Node and browsers keep theirs.
class Utf8Decoder {
  constructor(_label, options) {
    this.fatal = options?.fatal ?? false;
    Object.freeze(this);
  }

  decode(bytes) {
    let text = '';
    let i = 0;
    while (i < bytes.length) {
      const first = bytes[i++];
      if (first < 0x80) {
        text += String.fromCharCode(first);
        continue;
      }
      const count = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
      let point = first >= 0xc2 && first < 0xf5 ? first & (0x3f >> count) : -1;
      for (let n = 0; n < count && point >= 0; n++)
        point = (bytes[i + n] & 0xc0) === 0x80 ? (point << 6) | (bytes[i + n] & 0x3f) : -1;
      const smallest = count === 3 ? 0x10000 : count === 2 ? 0x800 : 0x80;
      if (point < smallest || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) {
        if (this.fatal) throw new TypeError('invalid UTF-8');
        text += '\ufffd';
      } else {
        text += String.fromCodePoint(point);
        i += count;
      }
    }
    return text;
  }
}

export const TextDecoder = globalThis.TextDecoder ?? Utf8Decoder;
