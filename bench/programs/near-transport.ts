/**
 * In the place of `modules/uplink/transport`: a socket that takes everything, and has a broker behind it that
 * acknowledges each message when it is asked to.
 */

const room = 4_096;
const publish = 3;
const connackAccepted = Uint8Array.of(0x20, 2, 0, 0);

interface SocketOptions {
  onReadable(count: number): void;
  onWritable(count: number): void;
}

export class NearSocket {
  private readonly options: SocketOptions;
  private readonly answer = new Uint8Array(256);
  private answered = 0;
  private at = 0;
  /** Bytes still to come of the packet at hand. */
  private left = 0;

  constructor(options: SocketOptions) {
    this.options = options;
    (globalThis as unknown as Near).nearSocket = this;
  }

  write(bytes: Uint8Array): number {
    let from = Math.min(this.left, bytes.length);
    this.left -= from;
    while (from < bytes.length) from = this.packet(bytes, from);
    return room;
  }

  read(into: Uint8Array): number {
    const { answer, at } = this;
    for (let index = 0; index < into.length; index += 1) into[index] = answer[at + index]!;
    this.at += into.length;
    return into.length;
  }

  close(): void {}

  /** Lets the client in. */
  open(): void {
    this.options.onWritable(room);
    this.answer.set(connackAccepted);
    this.answered = connackAccepted.length;
    this.acknowledge();
  }

  /** @returns messages that were acknowledged */
  acknowledge(): number {
    const { answered } = this;
    if (answered === 0) return 0;
    this.answered = this.at = 0;
    this.options.onReadable(answered);
    return answered >> 2;
  }

  /** Notes the acknowledgement that a message will have. @returns where the next packet begins */
  private packet(bytes: Uint8Array, start: number): number {
    let length = 0;
    let at = start + 1;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++]!;
      length |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    const end = at + length;
    if (bytes[start]! >> 4 === publish) {
      const { answer } = this;
      const id = at + 2 + ((bytes[at]! << 8) | bytes[at + 1]!);
      answer[this.answered++] = 0x40;
      answer[this.answered++] = 2;
      answer[this.answered++] = bytes[id]!;
      answer[this.answered++] = bytes[id + 1]!;
    }
    this.left = Math.max(0, end - bytes.length);
    return end - this.left;
  }
}

/** The one connection that there is: a module of the firmware that is preloaded cannot hold it. */
export interface Near {
  nearSocket: NearSocket;
}

export function socketOf() {
  return { io: NearSocket };
}
