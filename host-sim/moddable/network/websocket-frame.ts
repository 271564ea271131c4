/** Frames and the opening handshake of RFC 6455, a client's side. */

/** What the opening handshake must have brought. */
export const allUpgradeHeaders = 7;

export const maskLength = 4;

/** Writes tag and length; the mask's place is after them. */
export function writeHead(frame: Uint8Array, tag: number, length: number): void {
  frame[0] = tag;
  if (length < 126) {
    frame[1] = 0x80 | length;
  } else if (length < 65_536) {
    frame[1] = 0x80 | 126;
    frame[2] = length >> 8;
    frame[3] = length;
  } else {
    frame[1] = 0x80 | 127;
    frame[6] = length >> 24;
    frame[7] = length >> 16;
    frame[8] = length >> 8;
    frame[9] = length;
  }
}

/** RFC 6455, section 5.3: a fresh random key for every frame. */
export function maskFrame(frame: Uint8Array, head: number): void {
  for (let index = head - maskLength; index < head; index += 1)
    frame[index] = Math.floor(Math.random() * 256);
  const words = new Int32Array(frame.buffer, frame.byteOffset + head, (frame.length - head) >> 2);
  const mask = new DataView(frame.buffer, frame.byteOffset + head - maskLength, maskLength).getInt32(0, true);
  for (let index = 0; index < words.length; index += 1) words[index]! ^= mask;
  for (let index = head + words.length * 4; index < frame.length; index += 1) {
    frame[index]! ^= frame[head - maskLength + ((index - head) & 3)]!;
  }
}

/** The flag of a header line that the handshake asks for, else 0. */
export function upgradeHeader(line: string): number {
  const colon = line.indexOf(':');
  const name = line.substring(0, colon).trim().toLowerCase();
  const value = line
    .substring(colon + 1)
    .trim()
    .toLowerCase();
  if (name === 'connection' && value === 'upgrade') return 1;
  if (name === 'sec-websocket-accept') return 2;
  return name === 'upgrade' && value === 'websocket' ? 4 : 0;
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** 16 random bytes in base64 (RFC 6455, section 4.1): 21 whole digits, one of the last two bits, padding. */
export function randomKey(): string {
  let text = '';
  for (let digit = 0; digit < 21; digit += 1) text += alphabet.charAt(Math.floor(Math.random() * 64));
  return `${text}${alphabet.charAt(Math.floor(Math.random() * 4) * 16)}==`;
}
