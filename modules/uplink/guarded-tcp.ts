/**
 * The SDK's TCP socket, whose callbacks may throw.
 *
 * An exception that leaves a callback of lwIP ends the machine, and the SDK's clients and its TLS throw at what they do
 * not like of the other side. Holds: whatever arrives, and whoever sent it, at worst ends this connection.
 */
import TCP, { type TCPOptions } from 'embedded:io/socket/tcp';
import Timer from 'timer';
import type { ConnectionOwner } from './connection';

type Told = (count: number) => void;

/** Passed through the SDK's client as part of its `socket`. */
export interface GuardedOptions extends TCPOptions {
  owner: ConnectionOwner;
}

export class GuardedTCP extends TCP {
  protected readonly owner: ConnectionOwner;
  /** The client's. */
  readonly onReadable: Told | undefined;
  readonly onWritable: Told | undefined;
  readonly onError: (() => void) | undefined;
  failed = false;
  private telling: Timer | undefined;

  constructor(options: GuardedOptions) {
    super({
      ...options,
      // `this` is the socket: no instance needs functions of its own.
      onReadable: readable,
      onWritable: writable,
      onError: lost,
    } as TCPOptions);
    this.owner = options.owner;
    this.onReadable = options.onReadable as Told | undefined;
    this.onWritable = options.onWritable as Told | undefined;
    this.onError = options.onError as (() => void) | undefined;
    options.owner.begun = true;
  }

  override close(): void {
    if (this.telling !== undefined) Timer.clear(this.telling);
    this.telling = undefined;
    this.failed = true;
    super.close();
  }

  override read(): number | ArrayBuffer | undefined;
  override read(count: number): ArrayBuffer | undefined;
  override read(buffer: ByteBuffer): number | undefined;
  override read(count?: number | ByteBuffer): number | ArrayBuffer | undefined {
    if (count !== undefined) return super.read(count as number);
    // Who reads so wants a byte; the SDK's WebSocket client forgets to say so when it has written in between.
    this.format = 'number';
    const byte = super.read();
    if (typeof byte === 'number') this.owner.inspect?.(byte);
    return byte;
  }

  /** Ends the connection in a turn of its own: the client may be in the midst of something. */
  fail(error: unknown): void {
    if (this.failed) return;
    this.failed = true;
    this.owner.fault = this.reason(error);
    this.telling = Timer.set(() => {
      this.telling = undefined;
      const { onError } = this;
      onError?.();
    }, 0);
  }

  /** Why, for people. */
  protected reason(error: unknown): string {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Gives the client something to read. Without a method in between: an ESP32-C3's stack is short. */
export function readable(this: TCP, count: number): void {
  const socket = this as GuardedTCP;
  if (socket.failed) return;
  try {
    const { onReadable } = socket;
    onReadable?.(count);
  } catch (error) {
    socket.fail(error);
  }
}

function writable(this: TCP, count: number): void {
  const socket = this as GuardedTCP;
  if (socket.failed) return;
  try {
    const { onWritable } = socket;
    onWritable?.(count);
  } catch (error) {
    socket.fail(error);
  }
}

/** The connection is no more. */
function lost(this: TCP): void {
  const socket = this as GuardedTCP;
  if (socket.failed) return;
  socket.failed = true;
  const { onError } = socket;
  onError?.();
}
