/**
 * Whether each name of a DNS answer that the SDK's parser would follow comes to an end (RFC 1035, 4.1.4): a compressed
 * name that leads back to itself it follows for ever.
 */

const headBytes = 12;
const pointer = 0xc0;
/** Of an entry behind its name: type, class, and of an answer time to live and length. */
const questionBytes = 4;
const answerBytes = 10;
const typePointer = 0x0c;
const typeService = 0x21;

export function endsItsNames(packet: Uint8Array): boolean {
  if (packet.length < headBytes) return true;
  let at = headBytes;
  const questions = word(packet, 4);
  const entries = questions + word(packet, 6);
  for (let entry = 0; entry < entries && at < packet.length; entry++) {
    if (!ends(packet, at)) return false;
    at = behind(packet, at);
    if (entry < questions) at += questionBytes;
    else {
      // Names within are parsed too; an address has none.
      const type = word(packet, at);
      if (type === typePointer || type === typeService) return false;
      at += answerBytes + word(packet, at + 8);
    }
  }
  return true;
}

/** A pointer has to lead to before where its part of the name began. */
function ends(packet: Uint8Array, from: number): boolean {
  let begin = from;
  for (let at = from; at < packet.length; ) {
    const tag = packet[at]!;
    if (tag === 0) return true;
    if ((tag & pointer) !== pointer) {
      at += 1 + tag;
      continue;
    }
    const to = ((tag & 0x3f) << 8) | (packet[at + 1] ?? 0);
    if (to >= begin) return false;
    begin = at = to;
  }
  return true;
}

function behind(packet: Uint8Array, from: number): number {
  let at = from;
  while (at < packet.length && packet[at] !== 0) {
    if ((packet[at]! & pointer) === pointer) return at + 2;
    at += 1 + packet[at]!;
  }
  return at + 1;
}

function word(packet: Uint8Array, at: number): number {
  return ((packet[at] ?? 0) << 8) | (packet[at + 1] ?? 0);
}
