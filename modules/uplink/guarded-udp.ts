/**
 * The SDK's UDP socket for its resolver, which throws at an answer that it cannot read, and when another one waits after
 * the one it was after: out of a callback of lwIP, which would end the machine. Here such a packet counts as lost.
 */
import UDP, { type UDPOptions } from 'embedded:io/socket/udp';
import { endsItsNames } from './dns-names';

export class GuardedUDP extends UDP {
  private readonly onReadable: UDPOptions['onReadable'];

  constructor(options: UDPOptions) {
    super({ ...options, onReadable: readable });
    this.onReadable = options.onReadable;
  }

  override read(): ArrayBuffer | undefined {
    const packet = super.read();
    if (packet !== undefined && !endsItsNames(new Uint8Array(packet))) throw new Error('bad name');
    return packet;
  }

  /** Packet by packet. */
  deliver(count: number): void {
    for (let left = count; left > 0; left--) {
      try {
        this.onReadable?.call(this, 1);
      } catch {
        // Whoever sent it: the question is asked again in a second, and given up after five.
      }
    }
  }
}

function readable(this: UDP, count: number): void {
  (this as GuardedUDP).deliver(count);
}
