/**
 * In the place of `modules/uplink/mqtt/broker`: the same client, over a socket that takes everything and has a broker
 * behind it that acknowledges each message when it is asked to.
 */
import MQTTClient, { type MQTTClientOptions } from 'embedded:network/mqtt/client';

const room = 4_096;
const connackAccepted = Uint8Array.of(0x20, 2, 0, 0);

interface SocketOptions {
  onReadable(count: number): void;
  onWritable(count: number): void;
}

class NearSocket {
  format = 'buffer';
  private readonly options: SocketOptions;
  private answer = new Uint8Array(0);
  private at = 0;
  /** Packet ids that wait for their acknowledgement. */
  private readonly ids = new Uint16Array(64);
  private waiting = 0;
  /** Of a packet at hand, bytes still to come. */
  private left = 0;

  constructor(options: SocketOptions) {
    this.options = options;
    (globalThis as unknown as Near).nearSocket = this;
  }

  write(data: ByteBuffer): number {
    const bytes = data instanceof ArrayBuffer ? new Uint8Array(data) : (data as Uint8Array);
    if (this.left > 0) this.left -= bytes.length;
    else if (bytes[0]! >> 4 === MQTTClient.PUBLISH) this.published(bytes);
    return room;
  }

  read(count?: number): number | ArrayBuffer | undefined {
    if (this.at >= this.answer.length) return undefined;
    if (count === undefined || this.format === 'number') return this.answer[this.at++];
    const slice = this.answer.slice(this.at, this.at + count);
    this.at += slice.length;
    return slice.buffer as ArrayBuffer;
  }

  close(): void {}

  /** Lets the client in. */
  open(): void {
    this.options.onWritable(room);
    this.say(connackAccepted);
    this.options.onWritable(room);
  }

  /** @returns messages that were acknowledged */
  acknowledge(): number {
    const { waiting } = this;
    if (waiting === 0) return 0;
    const answer = new Uint8Array(4 * waiting);
    for (let index = 0; index < waiting; index += 1) {
      const id = this.ids[index]!;
      answer.set([0x40, 2, id >> 8, id & 0xff], 4 * index);
    }
    this.waiting = 0;
    this.say(answer);
    return waiting;
  }

  private published(bytes: Uint8Array): void {
    let length = 0;
    let at = 1;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++]!;
      length |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    this.left = at + length - bytes.length;
    const id = at + 2 + ((bytes[at]! << 8) | bytes[at + 1]!);
    this.ids[this.waiting++] = (bytes[id]! << 8) | bytes[id + 1]!;
  }

  private say(answer: Uint8Array<ArrayBuffer>): void {
    this.answer = answer;
    this.at = 0;
    this.options.onReadable(answer.length);
  }
}

/** The one connection that there is: a module of the firmware that is preloaded cannot hold it. */
export interface Near {
  nearSocket: NearSocket;
}

class Name {
  resolve({ host, onResolved }: { host: string; onResolved: (host: string, address: string) => void }): void {
    onResolved(host, '192.0.2.1');
  }
}

type Callbacks = Pick<MQTTClientOptions, 'onWritable' | 'onControl' | 'onError'>;

export function connect(_host: unknown, _address: unknown, callbacks: Callbacks): MQTTClient {
  const io = { dns: { io: Name }, socket: { io: NearSocket } } as unknown as Pick<
    MQTTClientOptions,
    'dns' | 'socket'
  >;
  return new MQTTClient({ host: 'broker', port: 1883, id: 'esp', clean: true, ...io, ...callbacks });
}
