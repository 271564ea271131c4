/**
 * One device's end of a TLS 1.2 session, record by record: what `ssl/session` of the SDK does in XS, done here by Node.
 * It only turns bytes into bytes; they go over the device's own TCP socket.
 *
 * Holds: a record that the SDK would throw at throws here; what the SDK lets pass, passes.
 */
import { constants } from 'node:crypto';
import { isIP } from 'node:net';
import { Duplex } from 'node:stream';
import { connect, type TLSSocket } from 'node:tls';
import { isTrusted, isValid } from './tls-trust';

export interface EngineOptions {
  serverName: string;
  /** DER of the one authority that is trusted. */
  certificate: Uint8Array | undefined;
  verify: boolean;
  /** The device's wall clock, Unix time in milliseconds. */
  date(): number;
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
  // The SDK offers no tickets and throws at the message that brings one.
  secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION,
} as const;

const changeCipherSpec = 20;
const alert = 21;
const handshake = 22;
const serverHello = 2;
const certificateMessage = 11;
const headerBytes = 5;
const leastVersion = 0x301;

export interface Turn {
  /** Records to be sent. */
  sent: Uint8Array;
  /** What the record held. */
  received: Uint8Array;
  /** Both sides have finished. */
  complete: boolean;
  /** The other side has closed, or the SDK takes the handshake for over by an alert, with no cipher in place. */
  alerted: boolean;
}

export class TlsEngine {
  readonly #session: TLSSocket;
  readonly #carrier: Carrier;
  #received: Uint8Array[] = [];
  #complete = false;
  #alerted = false;
  #enciphered = false;
  #failure: Error | undefined;
  readonly #options: EngineOptions;

  /** @throws what the SDK's constructor throws: the pinned certificate is not valid at this date */
  constructor(options: EngineOptions) {
    this.#options = options;
    const { serverName, certificate, verify, date } = options;
    if (certificate && verify && !isValid(certificate, date())) throw new Error('date validation failed');
    this.#carrier = new Carrier();
    this.#session = connect({
      socket: this.#carrier,
      host: serverName,
      ...(isIP(serverName) ? {} : { servername: serverName }), // RFC 6066: a name, never an address
      rejectUnauthorized: false, // `record` looks at the certificates, as the SDK does
      checkServerIdentity: () => undefined,
      ...offered,
    });
    this.#session.on('secureConnect', () => {
      this.#complete = true;
    });
    this.#session.on('data', (bytes: Buffer) => this.#received.push(bytes));
    this.#session.on('error', (error) => {
      this.#failure ??= error;
    });
    this.#session.on('end', () => {
      this.#alerted = true;
    });
  }

  /** The client's first flight. */
  async hello(): Promise<Uint8Array> {
    return (await this.#settled()).sent;
  }

  /** One whole record of the server. @throws what the SDK throws at it */
  async record(bytes: Uint8Array): Promise<Turn> {
    const [type] = bytes;
    if (type === undefined || type < changeCipherSpec || type > 23)
      throw new Error('TLS: recordProtocol: bad data');
    if (!this.#enciphered && this.#alertedBy(bytes)) {
      this.#alerted = true;
      return { sent: this.#carrier.collect(), received: new Uint8Array(0), complete: false, alerted: true };
    }
    if (type === changeCipherSpec) this.#enciphered = true;
    this.#carrier.push(Uint8Array.prototype.slice.call(bytes));
    return this.#settled();
  }

  /** One record of data; without a cipher in place it goes out as it is, as the SDK sends it. */
  async write(data: Uint8Array): Promise<Uint8Array> {
    if (!this.#complete) {
      const head = Uint8Array.of(23, 3, 3, data.byteLength >> 8, data.byteLength);
      return Buffer.concat([head, data]);
    }
    this.#session.write(Uint8Array.prototype.slice.call(data));
    return (await this.#settled()).sent;
  }

  close(): void {
    this.#session.destroy();
  }

  /** Looks at what is not enciphered. @returns whether the SDK takes the handshake for over @throws as the SDK */
  #alertedBy(record: Uint8Array): boolean {
    const [type] = record;
    if (type === alert) {
      const [level, description] = record.subarray(headerBytes);
      if (level === undefined || description === undefined) throw new Error('Error');
      if (description !== 0) throw new Error(`TLS: alert: ${level}, ${description}`);
      return true;
    }
    if (type !== handshake) return false;
    for (const { kind, body } of messagesOf(record)) {
      if (kind === serverHello && ((body[0]! << 8) | body[1]!) < leastVersion) return true;
      if (kind === certificateMessage) this.#checkChain(body);
    }
    return false;
  }

  #checkChain(body: Uint8Array): void {
    const { verify, certificate, serverName, date } = this.#options;
    const chain = certificatesOf(body);
    if (verify && !isTrusted(chain, certificate, serverName, date()))
      throw new Error('TLS: certificate: auth err');
    // The SDK registers the server's own certificate, which looks at its date once more.
    if (verify && !isValid(chain[0]!, date())) throw new Error('date validation failed');
  }

  /** What the SDK would say of it. */
  #meaning({ message, code = '' }: Error & { code?: string }): string {
    const told = /^ERR_SSL_.*ALERT/.test(code);
    if (told) return `alert: 2, ${/number (\d+)/.exec(message)?.[1] ?? 0}`;
    return this.#enciphered ? 'recordProtocol auth failed' : `handshake: ${code || message}`;
  }

  /** Node's TLS works in a few turns of its own; virtual time stands still meanwhile. */
  async #settled(): Promise<Turn> {
    for (let quiet = 0; quiet < 4; quiet++) {
      const before = this.#carrier.sent + this.#received.length;
      await new Promise((resolve) => setImmediate(resolve));
      if (this.#carrier.sent + this.#received.length !== before) quiet = 0;
    }
    if (this.#failure) throw new Error(`TLS: ${this.#meaning(this.#failure)}`);
    const received = Buffer.concat(this.#received);
    this.#received = [];
    return { sent: this.#carrier.collect(), received, complete: this.#complete, alerted: this.#alerted };
  }
}

/** @throws what the SDK's stream throws at a message that is longer than its record */
function* messagesOf(record: Uint8Array): Generator<{ kind: number; body: Uint8Array }> {
  for (let at = headerBytes; at < record.byteLength; ) {
    if (at + 4 > record.byteLength) throw new Error('Error');
    const length = (record[at + 1]! << 16) | (record[at + 2]! << 8) | record[at + 3]!;
    if (at + 4 + length > record.byteLength) throw new Error('Error');
    yield { kind: record[at]!, body: record.subarray(at + 4, at + 4 + length) };
    at += 4 + length;
  }
}

function certificatesOf(body: Uint8Array): Uint8Array[] {
  const chain: Uint8Array[] = [];
  for (let at = 3; at < body.byteLength; ) {
    const length = (body[at]! << 16) | (body[at + 1]! << 8) | body[at + 2]!;
    if (at + 3 + length > body.byteLength) throw new Error('Error');
    chain.push(Uint8Array.prototype.slice.call(body, at + 3, at + 3 + length));
    at += 3 + length;
  }
  if (chain.length === 0) throw new Error('TypeError: certificate: no certificates');
  return chain;
}

/** Stands where Node's TLS wants a connection. */
class Carrier extends Duplex {
  /** Bytes, ever. */
  sent = 0;
  #out: Uint8Array[] = [];

  collect(): Uint8Array {
    const all = Buffer.concat(this.#out);
    this.#out = [];
    return all;
  }

  override _read(): void {}

  override _write(chunk: Uint8Array, _encoding: string, done: (error?: Error | null) => void): void {
    this.sent += chunk.byteLength;
    this.#out.push(Uint8Array.prototype.slice.call(chunk));
    done();
  }
}
