/**
 * The listener's end of a simulated connection: a Duplex stream, for everything in Node that takes a socket,
 * such as `http.Server`'s 'connection' event (and `ws` with it) or aedes' `handle`.
 */
import { Duplex } from 'node:stream';

/** What the listener's end does is for the connection to carry out. */
export interface ListenerEnd {
  /** More may be pushed. */
  listenerReady(): void;
  listenerWrites(chunk: Buffer, accepted: (error?: Error | null) => void): void;
  listenerEnds(accepted: (error?: Error | null) => void): void;
  listenerGone(): void;
}

export class ServerStream extends Duplex {
  readonly #connection: ListenerEnd;

  constructor(
    connection: ListenerEnd,
    readonly remoteAddress: string,
    readonly remotePort: number,
  ) {
    super({ allowHalfOpen: false });
    this.#connection = connection;
    // A connection may break before anybody has taken the stream; that is no error of the process.
    this.on('error', () => undefined);
  }

  override _read(): void {
    this.#connection.listenerReady();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, accepted: (error?: Error | null) => void): void {
    this.#connection.listenerWrites(chunk, accepted);
  }

  override _final(accepted: (error?: Error | null) => void): void {
    this.#connection.listenerEnds(accepted);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#connection.listenerGone();
    done(error);
  }

  /** When Node has done all that follows from what has arrived, as far as it needs neither disk nor timers. */
  quiet(): Promise<void> {
    return new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  }

  /** As of `net.Socket`; without effect here. */
  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  setTimeout(): this {
    return this;
  }
}
