/** The TLS sessions of one device: what the simulated `embedded:io/socket/tcp/tls` calls. */
import { tlsChannelOperations as operation } from '../moddable/network/protocol';
import { TlsEngine } from './tls-engine';
import type { ChannelHandler, NetworkClock } from './types';

const complete = 1;
const alerted = 2;
const answered = 4;

export class TlsTable implements ChannelHandler {
  #engines = new Map<number, TlsEngine>();
  /** By session: what is to be sent in answer to its last record. */
  #flights = new Map<number, Uint8Array>();
  #next = 0;
  readonly #clock: NetworkClock;
  readonly #stall: number;

  /** @param stall what a handshake keeps the device busy, milliseconds */
  constructor(clock: NetworkClock, stall: number) {
    this.#clock = clock;
    this.#stall = stall;
  }

  call(request: Uint8Array): Uint8Array | undefined | Promise<Uint8Array | undefined> {
    const [what, id = 0] = request;
    if (what === operation.open) return this.#open(request);
    const engine = this.#engines.get(id);
    if (!engine) throw new Error(`tls: no session ${id}`);
    switch (what) {
      case operation.hello:
        return engine.hello();
      case operation.record:
        return this.#record(id, engine, request.slice(2));
      case operation.write:
        return engine.write(request.slice(2));
      case operation.close:
        engine.close();
        this.#engines.delete(id);
        this.#flights.delete(id);
        return undefined;
      case operation.flight:
        return this.#flights.get(id);
      default:
        throw new Error(`tls: unknown call ${what}`);
    }
  }

  reset(): void {
    for (const engine of this.#engines.values()) engine.close();
    this.#engines.clear();
    this.#flights.clear();
  }

  #open(request: Uint8Array): Uint8Array {
    const view = new DataView(request.buffer, request.byteOffset, request.byteLength);
    const begun = view.getFloat64(2, true) - this.#clock.now();
    const certificateAt = 11 + request[10]!;
    const certificate = request.byteLength > certificateAt ? request.slice(certificateAt) : undefined;
    const engine = new TlsEngine({
      verify: request[1] === 1,
      serverName: new TextDecoder().decode(request.subarray(11, certificateAt)),
      certificate,
      date: () => begun + this.#clock.now(),
    });
    const id = this.#next;
    this.#next = (id + 1) & 0xff;
    this.#engines.get(id)?.close();
    this.#engines.set(id, engine);
    return Uint8Array.of(id, this.#stall & 0xff, this.#stall >> 8);
  }

  async #record(id: number, engine: TlsEngine, bytes: Uint8Array): Promise<Uint8Array> {
    const turn = await engine.record(bytes);
    const isAnswered = turn.sent.byteLength > 0;
    if (isAnswered) this.#flights.set(id, turn.sent);
    const flags = (turn.complete ? complete : 0) | (turn.alerted ? alerted : 0) | (isAnswered ? answered : 0);
    return Buffer.concat([Uint8Array.of(flags), turn.received]);
  }
}
