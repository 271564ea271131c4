import * as protocol from '../moddable/network/protocol';
import type { ChannelHandler, NetworkDevice } from './types';

/** A clock and a device just large enough to speak for the simulated modules: for tests in Node alone. */
export class TestDevice implements NetworkDevice {
  readonly clock = {
    kind: 'virtual' as const,
    now: () => this.#now,
    at: (time: number, action: () => void | Promise<void>) => this.#at(time, action),
  };
  readonly events: { channel: number; bytes: Uint8Array }[] = [];
  readonly #handlers = new Map<number, ChannelHandler>();
  readonly #agenda: { time: number; order: number; action: () => void | Promise<void> }[] = [];
  #now = 0;
  #order = 0;

  channel(number: number, handler: ChannelHandler): void {
    this.#handlers.set(number, handler);
  }

  post(channel: number, bytes: Uint8Array): void {
    this.events.push({ channel, bytes });
  }

  call(channel: number, ...bytes: number[]): Uint8Array {
    return (
      (this.#handlers.get(channel)!.call(Uint8Array.from(bytes), this.#now) as Uint8Array) ??
      new Uint8Array(0)
    );
  }

  restart(): void {
    for (const handler of this.#handlers.values()) handler.reset?.();
  }

  async run(until: number): Promise<void> {
    for (;;) {
      this.#agenda.sort((one, other) => one.time - other.time || one.order - other.order);
      const next = this.#agenda[0];
      if (!next || next.time > until) break;
      this.#agenda.shift();
      this.#now = Math.max(this.#now, next.time);
      await next.action();
    }
    this.#now = until;
  }

  #at(time: number, action: () => void | Promise<void>): () => void {
    const entry = { time, order: this.#order++, action };
    this.#agenda.push(entry);
    return () => {
      const index = this.#agenda.indexOf(entry);
      if (index >= 0) this.#agenda.splice(index, 1);
    };
  }

  connectWiFi(ssid = 'sim'): void {
    this.call(protocol.wifiChannel, protocol.wifiConnect, 0, ssid.length, ...Buffer.from(ssid));
  }

  /** Opens a socket; returns its number. */
  open(address: string, port: number): number {
    const request = [protocol.socketOpen, port & 0xff, port >> 8, ...Buffer.from(address)];
    return this.call(protocol.socketChannel, ...request)[0]!;
  }

  write(socket: number, bytes: Uint8Array): Uint8Array {
    return this.call(protocol.dataChannel + socket, ...bytes);
  }

  read(socket: number, count: number): Uint8Array {
    return this.call(protocol.socketChannel, protocol.socketRead, socket, count & 0xff, count >> 8);
  }

  deliver(socket: number): { triggers: number; readable: number; writable: number } {
    const [triggers, low, high, writableLow, writableHigh] = this.call(
      protocol.socketChannel,
      protocol.socketDeliver,
      socket,
    );
    return {
      triggers: triggers!,
      readable: low! | (high! << 8),
      writable: writableLow! | (writableHigh! << 8),
    };
  }

  /** The address a name resolves to. */
  async resolve(host: string): Promise<string> {
    this.events.length = 0;
    this.call(protocol.socketChannel, protocol.socketResolve, 1, 0, ...Buffer.from(host));
    await this.run(this.#now + 6_000);
    const event = this.events.find(({ bytes }) => bytes[0] === protocol.hostResolved)!;
    return Buffer.from(event.bytes.subarray(3)).toString();
  }
}
