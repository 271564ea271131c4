/**
 * The device's end of a TLS connection. On a board TLS runs in XS over the TCP socket; here Node does it on the
 * device's behalf over the simulated connection, so that what passes is encrypted and what is checked is checked.
 */
import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { Duplex } from 'node:stream';
import { connect, type TLSSocket } from 'node:tls';
import { sendBuffer, triggerError, triggerReadable, triggerWritable } from '../moddable/network/protocol';
import type { Connection, DeviceEnd } from './connection';

export interface SecureOptions {
  serverName: string;
  /** DER of the one certificate that is trusted; without it Node's own authorities are. */
  certificate: Uint8Array | undefined;
  verify: boolean;
  trigger(triggers: number): void;
}

/** What the SDK's TLS offers (8.2.3): a server that has nothing of it would not be reached by a board. */
const offered = {
  minVersion: 'TLSv1.2',
  maxVersion: 'TLSv1.2',
  ciphers: [
    'ECDHE-ECDSA-AES128-GCM-SHA256',
    'ECDHE-RSA-AES128-GCM-SHA256',
    'ECDHE-RSA-AES128-SHA256',
    'DHE-RSA-AES128-GCM-SHA256',
    'DHE-RSA-AES256-SHA256',
    'DHE-RSA-AES128-SHA256',
    'AES256-SHA256',
    'AES128-SHA256',
    'AES256-SHA',
    'AES128-SHA',
  ].join(':'),
  sigalgs: 'ECDSA+SHA256:RSA+SHA256',
  ecdhCurve: 'prime256v1',
} as const;

/** What the TLS session of a device takes of the send buffer for its own. */
const overhead = 32;

export class SecureEnd implements DeviceEnd {
  private readonly carrier: Carrier;
  private readonly session: TLSSocket;
  private readonly inbox: Uint8Array[] = [];
  /** Bytes of all records that are there. */
  private waiting = 0;
  private underWay = 0;
  private failed = false;
  private closed = false;

  constructor(
    private readonly connection: Connection,
    private readonly options: SecureOptions,
  ) {
    this.carrier = new Carrier(connection);
    const { certificate, serverName, verify } = options;
    this.session = connect({
      socket: this.carrier,
      host: serverName,
      ...(isIP(serverName) ? {} : { servername: serverName }), // RFC 6066: a name, never an address
      rejectUnauthorized: verify,
      ...offered,
      ...(certificate ? { ca: new X509Certificate(certificate).toString() } : {}),
    });
    this.session.on('secureConnect', () => options.trigger(triggerWritable));
    this.session.on('data', (bytes: Buffer) => this.receive(bytes));
    this.session.on('error', () => this.fail());
    this.session.on('close', () => this.fail());
    this.session.on('end', () => this.fail());
  }

  /** One record: as in the SDK the next is read when this one has been, in a turn of its own. */
  get readable(): number {
    return this.inbox[0]?.byteLength ?? 0;
  }

  get writable(): number {
    return Math.max(0, sendBuffer - this.underWay - overhead);
  }

  write(bytes: Uint8Array): number | undefined {
    if (this.failed) return undefined;
    this.underWay += bytes.byteLength;
    this.session.write(Uint8Array.prototype.slice.call(bytes), () => {
      this.underWay -= bytes.byteLength;
      if (!this.failed) this.options.trigger(triggerWritable);
    });
    return this.writable;
  }

  read(count: number): Uint8Array {
    const record = this.inbox[0] ?? new Uint8Array(0);
    const taken = Uint8Array.prototype.slice.call(record, 0, count);
    this.waiting -= taken.byteLength;
    if (taken.byteLength < record.byteLength) this.inbox[0] = record.subarray(count);
    else {
      this.inbox.shift();
      if (this.inbox.length > 0) this.options.trigger(triggerReadable);
      else if (this.failed) this.options.trigger(triggerError);
    }
    if (this.waiting < sendBuffer) this.session.resume();
    return taken;
  }

  close(): void {
    this.closed = true;
    this.session.destroy();
    this.connection.close();
  }

  orphan(): void {
    this.closed = true;
    this.connection.orphan();
    this.session.destroy();
  }

  /** Triggers of the connection below. */
  trigger(triggers: number): void {
    if (triggers & triggerWritable) this.carrier.resumeWriting();
    if (triggers & triggerReadable) this.carrier.takeReadable();
    if (triggers & triggerError) this.carrier.destroy(new Error('connection lost'));
  }

  private receive(bytes: Uint8Array): void {
    this.inbox.push(bytes);
    this.waiting += bytes.byteLength;
    if (this.waiting >= sendBuffer) this.session.pause();
    if (this.inbox.length === 1) this.options.trigger(triggerReadable);
  }

  private fail(): void {
    if (this.failed || this.closed) return;
    this.failed = true;
    this.options.trigger(triggerError);
  }
}

/** The connection's device end as the stream that Node's TLS wants. */
class Carrier extends Duplex {
  private waiting: { chunk: Uint8Array; done: (error?: Error | null) => void } | undefined;
  private stands = false;

  constructor(private readonly connection: Connection) {
    super({ allowHalfOpen: false });
  }

  resumeWriting(): void {
    this.stands = true;
    const waiting = this.waiting;
    this.waiting = undefined;
    if (waiting) this._write(waiting.chunk, 'buffer', waiting.done);
  }

  takeReadable(): void {
    if (this.connection.readable > 0) this.push(this.connection.read(this.connection.readable));
  }

  override _read(): void {
    this.takeReadable();
  }

  override _write(
    chunk: Uint8Array,
    _encoding: BufferEncoding | 'buffer',
    done: (error?: Error | null) => void,
  ): void {
    const room = this.stands ? Math.min(this.connection.writable, chunk.byteLength) : 0;
    if (room > 0) this.connection.write(chunk.subarray(0, room));
    if (room === chunk.byteLength) done();
    else this.waiting = { chunk: chunk.subarray(room), done };
  }
}
