/**
 * `embedded:io/socket/udp` with the semantics of the SDK's lwIP socket: packets wait until they are read, and what has
 * come together is told once. Nothing catches what `onReadable` throws; reading after `close` throws.
 */
import { call } from 'sim/bridge';
import * as protocol from 'sim/network/protocol';
import { bindUdp } from 'sim/network/sockets';

interface UDPOptions {
  onReadable?: (this: UDP, count: number) => void;
  target?: unknown;
}

class UDP {
  target: unknown;
  #socket: number;
  #onReadable: UDPOptions['onReadable'];

  constructor({ onReadable, target }: UDPOptions) {
    this.#onReadable = onReadable;
    if (target !== undefined) this.target = target;
    this.#socket = new Uint8Array(call(protocol.socketChannel, Uint8Array.of(protocol.udpOpen)))[0]!;
    bindUdp(this.#socket, this);
  }

  close(): void {
    if (this.#socket < 0) return;
    bindUdp(this.#socket, undefined);
    call(protocol.socketChannel, Uint8Array.of(protocol.udpClose, this.#socket));
    this.#socket = -1;
  }

  read(): ArrayBuffer | undefined {
    this.check();
    const packet = call(protocol.socketChannel, Uint8Array.of(protocol.udpRead, this.#socket));
    return packet.byteLength === 0 ? undefined : packet;
  }

  write(packet: ByteBuffer, address: string, port: number): void {
    this.check();
    const parts = address.split('.').map(Number);
    if (parts.length !== 4 || parts.some((part) => !(part >= 0 && part <= 255)))
      throw new RangeError('invalid IP address');
    const head = Uint8Array.of(protocol.udpSend, this.#socket, ...parts, port, port >> 8);
    call(protocol.socketChannel, head.buffer.concat(packet as ArrayBuffer));
  }

  arrived(count: number): void {
    this.#onReadable?.(count);
  }

  private check(): void {
    if (this.#socket < 0) throw new SyntaxError('invalid');
  }
}

export default UDP;
