/**
 * The SDK's TLS socket, guarded: what it throws, out of whichever callback, ends this connection, with the reason named.
 *
 * It also refuses what SDK 8.2.3 lets pass: a record that no TLS server sends (for which it would take up to 32 KB), an
 * alert that ends the handshake (after which it takes the connection for encrypted and writes in the clear), a key
 * exchange that nobody has signed (which it does not look at).
 */
import type { TCPOptions } from 'embedded:io/socket/tcp';
import TLSSocket, { type TLSOptions } from 'embedded:io/socket/tcp/tls';
import Timer from 'timer';
import { ConnectionError, type ConnectionOwner } from './connection';
import { type GuardedOptions, GuardedTCP, readable } from './guarded-tcp';
import { isSigned } from './key-exchange';

const changeCipherSpec = 20;
const alert = 21;
const handshake = 22;
const applicationData = 23;
const headBytes = 5;
/** Bytes a record may have: of certificates in the handshake, and after it (RFC 5246, 6.2.3). */
const longestInHandshake = 8_192;
const longest = 16_384 + 2_048;

/** What the SDK throws, by what its message has, and what that means. */
const reasons: readonly (readonly [text: string, meaning: string])[] = Object.freeze(
  [
    ['certificate: auth err', 'the certificate is not by the pinned authority, or not for this name'],
    ['date validation failed', 'a certificate is not valid at the date of this device'],
    ['auth failed', 'a record was changed on its way'],
  ] as const,
  true,
);

/** Where the record socket is found, by who made the TLS socket. */
interface Holder {
  socket?: RecordSocket;
}

type RecordOptions = GuardedOptions & { holder: Holder };

/** The socket below TLS. It sees every record whole, before TLS makes something of it. */
class RecordSocket extends GuardedTCP {
  /** TLS is asked for data: more of it is handed over in a turn that is guarded, not in one of TLS's own. */
  asked = false;
  private left = 0;
  private head = 0;
  private enciphered = false;
  private enciphers = false;
  private suite = 0;
  private available = 0;
  private more: Timer | undefined;

  constructor(options: RecordOptions) {
    super(options);
    options.holder.socket = this;
  }

  /** Kept here by the TLS socket, which sets a timer of its own when it is not 0 after a read. */
  get readable(): number {
    return this.asked ? 0 : this.available;
  }

  set readable(count: number) {
    this.available = count;
  }

  override close(): void {
    if (this.more !== undefined) Timer.clear(this.more);
    this.more = undefined;
    super.close();
  }

  override read(): number | ArrayBuffer | undefined;
  override read(count: number): ArrayBuffer | undefined;
  override read(buffer: ByteBuffer): number | undefined;
  override read(part?: number | ByteBuffer): number | ArrayBuffer | undefined {
    const count = super.read(part as ByteBuffer);
    this.inspect(part as Uint8Array<ArrayBuffer>);
    return count;
  }

  override write(packet: ByteBuffer): number | undefined {
    const type = (packet as Uint8Array)[0];
    if (type === changeCipherSpec) this.enciphers = true;
    if (type === applicationData && !this.enciphers)
      throw new ConnectionError('TLS has not agreed on a cipher');
    return super.write(packet);
  }

  /** TLS has been read: whether or not all of it, it looks at once more. */
  goOn(): void {
    if (this.available === 0) return;
    this.more ??= Timer.set(() => {
      this.more = undefined;
      readable.call(this, this.available);
    }, 0);
  }

  protected override reason(error: unknown): string {
    return reasonOf(error);
  }

  /** @param part of the buffer that holds the record at hand from its first byte @throws ConnectionError */
  private inspect(part: Uint8Array<ArrayBuffer>): void {
    if (this.left > 0) {
      this.left -= part.length;
      if (this.left === 0) this.arrived(new Uint8Array(part.buffer));
      return;
    }
    this.head += part.length;
    if (this.head < headBytes) return;
    this.head = 0;
    const head = new Uint8Array(part.buffer);
    const type = head[0]!;
    this.left = (head[3]! << 8) | head[4]!;
    if (type < changeCipherSpec || type > applicationData || head[1] !== 3)
      throw new ConnectionError('what answers there is no TLS server');
    if (this.left > (this.enciphered ? longest : longestInHandshake))
      throw new ConnectionError('a TLS record is too long');
  }

  /** @throws ConnectionError */
  private arrived(record: Uint8Array): void {
    if (this.enciphered) return;
    const type = record[0];
    if (type === changeCipherSpec) this.enciphered = true;
    else if (type === alert) throw new ConnectionError(`TLS was refused by alert ${record[headBytes + 1]}`);
    else if (type === handshake) {
      this.suite = isSigned(record, this.suite);
      if (this.suite < 0) throw new ConnectionError('the TLS key exchange is not signed');
    }
  }
}

/** `socket.io` of a client of the SDK, in place of the SDK's TLSSocket. */
export class GuardedTLS extends TLSSocket {
  private readonly socket: RecordSocket;
  private readonly owner: ConnectionOwner;

  constructor(options: TLSOptions & { owner: ConnectionOwner }) {
    const holder: Holder = {};
    const inner = {
      ...options,
      TCP: { io: RecordSocket as unknown as new (options: TCPOptions) => object },
      holder,
    };
    try {
      super(inner);
    } catch (error) {
      options.owner.fault = reasonOf(error);
      throw error;
    }
    this.socket = holder.socket!;
    this.owner = options.owner;
  }

  override read(): number | ArrayBuffer | undefined;
  override read(count: number): ArrayBuffer | undefined;
  override read(buffer: ByteBuffer): number | undefined;
  override read(count?: number | ByteBuffer): number | ArrayBuffer | undefined {
    const { socket } = this;
    socket.asked = true;
    try {
      if (count !== undefined) return super.read(count as number);
      // As in `GuardedTCP`.
      this.format = 'number';
      const byte = super.read();
      if (typeof byte === 'number') this.owner.inspect?.(byte);
      return byte;
    } finally {
      socket.asked = false;
      socket.goOn();
    }
  }

  override write(data: ByteBuffer, options?: { more?: boolean; byteLength?: number }): number {
    try {
      return super.write(data, options);
    } catch (error) {
      // The client may write in a timer of its own, where nobody would catch it.
      this.socket.fail(error);
      return 0;
    }
  }
}

function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const known = reasons.find(([text]) => message.includes(text));
  return known ? known[1] : error instanceof ConnectionError ? message : `TLS: ${message}`;
}
