/**
 * A TCP connection between a device and a listener. The device's end is what the SDK's TCP socket sees of lwIP:
 * the chip's send buffer and receive window, and triggers. The listener's end is a Duplex stream.
 */
import { triggerError, triggerReadable, triggerWritable } from '../moddable/network/protocol';
import { Flow } from './flow';
import type { Direction, Path } from './path';
import { ServerStream } from './server-stream';
import type { NetworkClock } from './types';

export interface ConnectionOptions {
  clock: NetworkClock;
  /** Send buffer and receive window of the device's stack, bytes. */
  window: number;
  path: Path;
  remoteAddress: string;
  remotePort: number;
  /** True while the device can be reached. */
  passes(): boolean;
  /** Hands the listener's end over, and says whether somebody listens there. */
  accept(stream: ServerStream, answer: (accepted: boolean) => void): void;
  /** Something has happened at the device's end. */
  trigger(triggers: number): void;
}

const segment = 1_436;
const serverBuffer = 65_536;

export class Connection {
  readable = 0;
  /** Of the send buffer. */
  writable: number;
  /** Bytes that may still pass before the connection is cut, in mid-frame if it comes to that. */
  readonly limit: Record<Direction, number> = {
    up: Number.POSITIVE_INFINITY,
    down: Number.POSITIVE_INFINITY,
  };
  /** Bytes that have arrived at the other side. */
  readonly passed: Record<Direction, number> = { up: 0, down: 0 };
  readonly #up: Flow;
  readonly #down: Flow;
  /** What the listener has of it. */
  readonly stream: ServerStream;
  readonly #inbox: Uint8Array[] = [];
  readonly #arrived: { bytes: Uint8Array; acknowledged: boolean }[] = [];
  #arrivedBytes = 0;
  readonly #outbox: { bytes: Uint8Array; accepted: (error?: Error | null) => void }[] = [];
  #inFlight = 0;
  #deviceGone = false;
  #lost = false;
  #listenerReads = false;
  #endPending = false;
  readonly #options: ConnectionOptions;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    const { clock, path, passes } = options;
    this.writable = options.window;
    this.#up = new Flow(clock, path, 'up', passes, () => this.#lose());
    this.#down = new Flow(clock, path, 'down', passes, () => this.stream.destroy(failure('ETIMEDOUT')));
    this.stream = new ServerStream(this, options.remoteAddress, options.remotePort);
    this.#up.opening = true;
    this.#up.send(40, () => {
      this.#up.opening = false;
      options.accept(this.stream, (accepted) => {
        this.#down.send(40, () => (accepted ? this.#options.trigger(triggerWritable) : this.#lose()));
      });
      return this.stream.quiet();
    });
  }

  /** Neither end is there any more. */
  get over(): boolean {
    return this.stream.destroyed && (this.#lost || this.#deviceGone);
  }

  /** @returns what is still writable, undefined when the connection is lost */
  write(bytes: Uint8Array): number | undefined {
    if (this.#lost || this.#deviceGone) return undefined;
    this.writable -= bytes.byteLength;
    const passing = Math.min(bytes.byteLength, this.limit.up);
    this.limit.up -= passing;
    for (let from = 0; from < passing; from += segment) {
      const part = Uint8Array.prototype.slice.call(bytes, from, Math.min(from + segment, passing));
      this.#up.send(part.byteLength, () => this.#arriveAtListener(part));
    }
    if (passing < bytes.byteLength) this.#up.send(0, () => this.cut());
    return this.writable;
  }

  /** At most `count` bytes. */
  read(count: number): Uint8Array {
    const taken = new Uint8Array(Math.min(count, this.readable));
    for (let filled = 0; filled < taken.byteLength; ) {
      const first = this.#inbox[0]!;
      const part = first.subarray(0, taken.byteLength - filled);
      taken.set(part, filled);
      filled += part.byteLength;
      if (part.byteLength === first.byteLength) this.#inbox.shift();
      else this.#inbox[0] = first.subarray(part.byteLength);
    }
    this.readable -= taken.byteLength;
    if (this.#lost && this.readable === 0) this.#options.trigger(triggerError);
    if (!this.#lost && !this.#deviceGone) this.#up.send(40, () => this.#sendToDevice());
    return taken;
  }

  /** The device closes: what it has written still arrives, then the end. */
  close(): void {
    if (this.#deviceGone) return;
    this.#deviceGone = true;
    this.#up.send(40, () => {
      this.stream.end();
      this.#pushToListener(null);
      return this.stream.quiet();
    });
  }

  /** The device has restarted: nobody is told; whatever still comes for it is answered with a reset. */
  orphan(): void {
    this.#deviceGone = true;
  }

  /** The device has gone for good: nothing is under way any more. */
  end(): void {
    this.#deviceGone = true;
    this.#up.end();
    this.#down.end();
    this.stream.destroy();
  }

  /** Both ends learn at once that the connection is broken. */
  cut(): Promise<void> {
    this.stream.destroy(failure('ECONNRESET'));
    this.#lose();
    return this.stream.quiet();
  }

  /** The device's stack drops the connection, the listener hears nothing: the station has lost its access point. */
  abort(): void {
    this.#lose();
    this.#deviceGone = true;
  }

  listenerWrites(bytes: Uint8Array, accepted: (error?: Error | null) => void): void {
    this.#outbox.push({ bytes, accepted });
    this.#sendToDevice();
  }

  listenerReady(): void {
    this.#listenerReads = true;
    while (this.#listenerReads && this.#arrived.length > 0) {
      const { bytes, acknowledged } = this.#arrived.shift()!;
      this.#arrivedBytes -= bytes.byteLength;
      this.#listenerReads = this.stream.push(bytes);
      if (!acknowledged) this.#acknowledge(bytes.byteLength);
    }
    if (this.#endPending && this.#arrived.length === 0) this.#endStream();
  }

  listenerEnds(accepted: () => void): void {
    const end = () => {
      this.#down.send(40, () => this.#lose());
      accepted();
    };
    this.#outbox.push({ bytes: new Uint8Array(0), accepted: end });
    this.#sendToDevice();
  }

  listenerGone(): void {
    for (const { accepted } of this.#outbox.splice(0)) accepted(failure('ECONNRESET'));
    this.#down.send(40, () => this.#lose());
  }

  #pushToListener(bytes: Uint8Array | null): void {
    if (this.stream.destroyed) return;
    if (bytes === null) {
      this.#endPending = true;
      if (this.#arrived.length === 0) this.#endStream();
      return;
    }
    const acknowledged = this.#arrivedBytes < serverBuffer;
    this.#arrived.push({ bytes, acknowledged });
    this.#arrivedBytes += bytes.byteLength;
    if (acknowledged) this.#acknowledge(bytes.byteLength);
    if (this.#listenerReads) this.listenerReady();
  }

  #endStream(): void {
    this.#endPending = false;
    this.stream.push(null);
  }

  #arriveAtListener(bytes: Uint8Array): Promise<void> {
    this.passed.up += bytes.byteLength;
    if (this.stream.destroyed) this.#down.send(40, () => this.#lose());
    else this.#pushToListener(bytes);
    return this.stream.quiet();
  }

  #acknowledge(bytes: number): void {
    this.#down.send(40, () => {
      this.writable += bytes;
      if (!this.#lost) this.#options.trigger(triggerWritable);
    });
  }

  #sendToDevice(): void {
    while (this.#outbox.length > 0) {
      const first = this.#outbox[0]!;
      const room = this.#options.window - this.#inFlight - this.readable;
      if (first.bytes.byteLength > 0 && room <= 0) return;
      const part = first.bytes.subarray(0, Math.min(room, segment, this.limit.down));
      this.limit.down -= part.byteLength;
      if (part.byteLength > 0) {
        this.#inFlight += part.byteLength;
        this.#down.send(part.byteLength, () => this.#arriveAtDevice(part));
      }
      if (part.byteLength === first.bytes.byteLength) {
        this.#outbox.shift();
        first.accepted();
      } else {
        first.bytes = first.bytes.subarray(part.byteLength);
        if (this.limit.down === 0) {
          this.#down.send(0, () => this.cut());
          return;
        }
      }
    }
  }

  #arriveAtDevice(bytes: Uint8Array): void {
    this.#inFlight -= bytes.byteLength;
    if (this.#deviceGone) {
      this.#up.send(40, () => {
        this.stream.destroy(failure('ECONNRESET'));
        return this.stream.quiet();
      });
      return;
    }
    this.passed.down += bytes.byteLength;
    this.#inbox.push(bytes);
    this.readable += bytes.byteLength;
    this.#options.trigger(triggerReadable);
  }

  #lose(): void {
    if (this.#lost || this.#deviceGone) return;
    this.#lost = true;
    this.#options.trigger(triggerError);
  }
}

function failure(code: 'ECONNRESET' | 'ETIMEDOUT'): NodeJS.ErrnoException {
  return Object.assign(new Error(`simulated network: ${code}`), { code });
}
