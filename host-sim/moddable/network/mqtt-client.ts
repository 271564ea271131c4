/**
 * `embedded:network/mqtt/client` with the semantics of SDK 8.2.3: MQTT 3.1.1 over injected sockets; it answers QoS 1
 * and 2 and keeps the connection alive, and leaves retransmission, sessions and reconnection to its user.
 */
import { copy, field, packetOf, part } from 'sim/network/mqtt-packet';
import Time from 'time';
import Timer from 'timer';

interface Socket {
  read(count?: number | ByteBuffer): number | ArrayBuffer | undefined;
  write(data: ByteBuffer): number | undefined;
  close(): void;
  format: string;
}

interface Message {
  operation: number;
  id?: number;
  returnCode?: number;
  payload?: number[];
}

interface Options {
  host: string;
  port?: number;
  id?: string;
  user?: string;
  password?: string | ArrayBuffer;
  keepAlive?: number;
  keepalive?: number;
  clean?: boolean;
  will?: { topic: string; message: string | ArrayBuffer; QoS?: number; retain?: boolean };
  dns: { io: new (options: unknown) => Resolver };
  socket: { io: new (options: unknown) => Socket };
  onReadable?: (
    this: MQTTClient,
    count: number,
    options: { more: boolean; topic?: string; QoS?: number; byteLength?: number },
  ) => void;
  onWritable?: (this: MQTTClient, count: number) => void;
  onControl?: (this: MQTTClient, message: Message) => void;
  onError?: (this: MQTTClient) => void;
  format?: string;
  target?: unknown;
}

interface Resolver {
  resolve(request: {
    host: string;
    onResolved: (host: string, address: string) => void;
    onError: () => void;
  }): void;
}

interface WriteOptions {
  operation?: number;
  id?: number;
  topic?: string;
  QoS?: number;
  retain?: boolean;
  duplicate?: boolean;
  byteLength?: number;
  items?: { topic: string; QoS?: number }[];
}

const overhead = 8;
const connectTimeout = 30_000;

const phaseOperation = 0;
const phaseLength = 1;
const phaseTopicLength = 2;
const phaseTopic = 3;
const phaseId = 4;
const phasePayload = 5;
const phaseBody = 6;

class MQTTClient {
  static readonly CONNECT = 1;
  static readonly CONNACK = 2;
  static readonly PUBLISH = 3;
  static readonly PUBACK = 4;
  static readonly PUBREC = 5;
  static readonly PUBREL = 6;
  static readonly PUBCOMP = 7;
  static readonly SUBSCRIBE = 8;
  static readonly SUBACK = 9;
  static readonly UNSUBSCRIBE = 10;
  static readonly UNSUBACK = 11;
  static readonly PINGREQ = 12;
  static readonly PINGRESP = 13;
  static readonly DISCONNECT = 14;

  target: unknown;
  #options: Options | undefined;
  #socket: Socket | undefined;
  #state: 'resolving' | 'connecting' | 'login' | 'connected' | 'publishing' | 'closed' = 'resolving';
  #writable = 0;
  #readable = 0;
  /** Bytes of the payload at hand that may be read. */
  #payload = 0;
  #parsing = false;
  #id = 1;
  #remaining = 0;
  #pending: { operation: number; id?: number; bytes: number }[] = [];
  #pendingTimer: Timer | undefined;
  #readTimer: Timer | undefined;
  #connectTimer: Timer | undefined;
  #keepAliveTimer: Timer | undefined;
  #lastRead = 0;
  #lastWrite = 0;
  // The packet being received.
  #phase = phaseOperation;
  #head = 0;
  #length = 0;
  #shift = 0;
  #bytes: number[] = [];
  #topicLength = 0;
  #topic: string | undefined;
  #packetId = 0;

  constructor(options: Options) {
    this.format = options.format ?? 'buffer';
    if (options.target !== undefined) this.target = options.target;
    if (!options.host) throw new Error('host required');
    this.#options = options;
    new options.dns.io(options.dns).resolve({
      host: options.host,
      onResolved: (host, address) => this.#connect(host, address),
      onError: () => this.#fail('not resolved'),
    });
  }

  close(): void {
    Timer.clear(this.#pendingTimer);
    Timer.clear(this.#readTimer);
    Timer.clear(this.#connectTimer);
    Timer.clear(this.#keepAliveTimer);
    this.#state = 'closed';
    this.#socket?.close();
    this.#socket = undefined;
    this.#writable = this.#readable = this.#payload = 0;
    this.#options = undefined;
  }

  get format(): string {
    return 'buffer';
  }

  set format(value: string) {
    if (value !== 'buffer') throw new RangeError('format');
  }

  write(data: ByteBuffer | null | undefined, options?: WriteOptions): number {
    if (!this.#socket) throw new TypeError('no socket');
    if (this.#state === 'publishing') return this.#continuePublish(data as ByteBuffer, options);
    if (this.#state !== 'connected') throw new Error('not connected');
    const { operation = MQTTClient.PUBLISH } = options as WriteOptions;
    if (options?.id === undefined) this.#id += 1;
    const id = options?.id ?? this.#id;
    const packet = this.#packet(operation, id, data, options as WriteOptions);
    if (packet.byteLength > this.#writable) throw new Error('overflow');
    if (operation === MQTTClient.PINGREQ) this.#lastWrite = Time.ticks;
    this.#send(packet);
    if (operation === MQTTClient.PUBLISH && this.#remaining > 0) this.#state = 'publishing';
    return this.#room();
  }

  read(count: number | ByteBuffer = this.#payload): number | ArrayBuffer | undefined {
    const asked = typeof count === 'number' ? count : count.byteLength;
    const length = Math.min(asked, this.#payload);
    if (length === 0) return undefined;
    this.#readable -= length;
    this.#payload -= length;
    this.#socket!.format = 'buffer';
    const result = this.#socket!.read(typeof count === 'number' ? length : part(count, length));
    if (this.#payload === 0 && !this.#parsing) {
      this.#readTimer ??= Timer.set(() => {
        this.#readTimer = undefined;
        if (this.#readable > 0) this.#received(this.#readable);
      });
    }
    return result;
  }

  #connect(host: string, address: string): void {
    const { socket, port = 1883 } = this.#options!;
    try {
      this.#state = 'connecting';
      this.#socket = new socket.io({
        ...socket,
        address,
        host,
        port,
        onReadable: (count: number) => this.#received(count),
        onWritable: (count: number) => this.#canWrite(count),
        onError: () => this.#fail('connection lost'),
      });
      this.#connectTimer = Timer.set(() => this.#fail('no connection'), connectTimeout);
    } catch {
      this.#fail('no socket');
    }
  }

  #fail(message: string): void {
    trace('mqttClient error: ', message, '\n');
    this.#options?.onError?.call(this);
    this.close();
  }

  #canWrite(count: number): void {
    this.#writable = count;
    if (this.#state === 'connecting') {
      this.#login();
      return;
    }
    if (this.#state !== 'connected' && this.#state !== 'publishing') return;
    while (this.#state === 'connected' && this.#pending.length > 0) {
      if (this.#writable < this.#pending[0]!.bytes) return;
      this.write(null, this.#pending.shift()!);
    }
    if (this.#writable > overhead) this.#options?.onWritable?.call(this, this.#writable - overhead);
  }

  #login(): void {
    Timer.clear(this.#connectTimer);
    this.#connectTimer = undefined;
    const { id = '', user, password, will, clean = true, keepAlive, keepalive } = this.#options!;
    const seconds = Math.ceil((keepAlive ?? keepalive ?? 0) / 1000);
    let flags = clean ? 2 : 0;
    let body = field(id);
    if (will) {
      flags |= 0x04 | (((will.QoS ?? 0) & 3) << 3) | (will.retain ? 0x20 : 0);
      body = body.concat(field(will.topic), field(will.message));
    }
    if (user !== undefined) {
      flags |= 0x80;
      body = body.concat(field(user));
    }
    if (password !== undefined) {
      flags |= 0x40;
      body = body.concat(field(password));
    }
    const fixed = Uint8Array.of(0, 4, 77, 81, 84, 84, 4, flags, seconds >> 8, seconds).buffer;
    this.#send(packetOf(MQTTClient.CONNECT << 4, fixed.concat(body)));
    this.#state = 'login';
    if (seconds > 0) {
      this.#lastRead = this.#lastWrite = Time.ticks;
      this.#keepAliveTimer = Timer.repeat(() => this.#keepAlive(seconds * 1000), seconds * 250);
    }
  }

  #keepAlive(interval: number): void {
    const now = Time.ticks;
    if (Time.delta(this.#lastRead, now) >= interval * 1.5) {
      this.#fail('time out');
    } else if (Time.delta(this.#lastWrite, now) >= interval * 0.75 - 500) {
      if (this.#pending.some(({ operation }) => operation === MQTTClient.PINGREQ)) this.#fail('time out');
      else this.#queue({ operation: MQTTClient.PINGREQ, bytes: 2 });
    }
  }

  #queue(message: { operation: number; id?: number; bytes: number }): void {
    this.#pending.push(message);
    this.#pendingTimer ??= Timer.set(() => {
      this.#pendingTimer = undefined;
      this.#canWrite(this.#writable);
    });
  }

  #continuePublish(data: ByteBuffer, options: WriteOptions | undefined): number {
    if (options || data.byteLength > this.#remaining) throw new Error('invalid');
    this.#remaining -= data.byteLength;
    this.#send(data);
    if (this.#remaining === 0) this.#state = 'connected';
    return this.#room();
  }

  #packet(
    operation: number,
    id: number,
    data: ByteBuffer | null | undefined,
    options: WriteOptions,
  ): ByteBuffer {
    const idBytes = Uint8Array.of(id >> 8, id).buffer;
    switch (operation) {
      case MQTTClient.PUBLISH: {
        const { QoS = 0, byteLength = data!.byteLength } = options;
        if (data!.byteLength > byteLength) throw new Error('invalid');
        const flags = (options.retain ? 1 : 0) | ((QoS & 3) << 1) | (options.duplicate ? 8 : 0);
        const topic = field(options.topic!);
        const head = QoS ? topic.concat(idBytes) : topic;
        const whole = head.byteLength + byteLength;
        const packet = packetOf((operation << 4) | flags, head.concat(copy(data!)), whole);
        this.#remaining = packet.byteLength > this.#writable ? 0 : byteLength - data!.byteLength;
        return packet;
      }
      case MQTTClient.SUBSCRIBE:
      case MQTTClient.UNSUBSCRIBE: {
        let body = idBytes;
        for (const { topic, QoS = 0 } of options.items!) {
          body = body.concat(field(topic));
          if (operation === MQTTClient.SUBSCRIBE) body = body.concat(Uint8Array.of(QoS & 3).buffer);
        }
        return packetOf((operation << 4) | 2, body);
      }
      case MQTTClient.PUBACK:
      case MQTTClient.PUBREC:
      case MQTTClient.PUBREL:
      case MQTTClient.PUBCOMP:
        return packetOf((operation << 4) | (operation === MQTTClient.PUBREL ? 2 : 0), idBytes);
      case MQTTClient.PINGREQ:
      case MQTTClient.DISCONNECT:
        return Uint8Array.of(operation << 4, 0);
      default:
        throw new Error('unknown');
    }
  }

  #send(packet: ByteBuffer): void {
    this.#socket!.format = 'buffer';
    this.#writable = this.#socket!.write(packet) ?? 0;
  }

  #room(): number {
    return this.#writable > overhead ? this.#writable - overhead : 0;
  }

  #received(count: number): void {
    this.#readable = count;
    if (this.#payload > 0) return;
    this.#parsing = true;
    while (this.#readable > 0 && this.#socket) {
      if (this.#phase === phasePayload) {
        this.#deliverPayload();
        if (this.#payload > 0) break;
      } else {
        this.#socket.format = 'number';
        const byte = this.#socket.read() as number;
        this.#readable -= 1;
        this.#parse(byte);
      }
    }
    this.#parsing = false;
  }

  #parse(byte: number): void {
    switch (this.#phase) {
      case phaseOperation:
        this.#head = byte;
        this.#length = this.#shift = 0;
        if (byte >> 4 === 0 || byte >> 4 === 15) this.#fail('invalid operation');
        else this.#phase = phaseLength;
        break;
      case phaseLength:
        this.#parseLength(byte);
        break;
      case phaseTopicLength:
        this.#bytes.push(byte);
        if (this.#bytes.length === 2) this.#beginTopic();
        break;
      case phaseTopic:
        this.#bytes.push(byte);
        if (this.#bytes.length === this.#topicLength) this.#endTopic();
        break;
      case phaseId:
        this.#bytes.push(byte);
        if (this.#bytes.length === 2) {
          this.#packetId = (this.#bytes[0]! << 8) | this.#bytes[1]!;
          this.#beginPayload();
        }
        break;
      default:
        this.#bytes.push(byte);
        if (this.#bytes.length === this.#length) this.#endBody();
    }
  }

  #parseLength(byte: number): void {
    this.#length |= (byte & 0x7f) << this.#shift;
    this.#shift += 7;
    if (byte & 0x80) {
      if (this.#shift > 21) this.#fail('bad data');
      return;
    }
    this.#bytes = [];
    if (this.#head >> 4 === MQTTClient.PUBLISH) this.#phase = phaseTopicLength;
    else if (this.#length === 0) this.#endBody();
    else this.#phase = phaseBody;
  }

  #beginTopic(): void {
    this.#topicLength = (this.#bytes[0]! << 8) | this.#bytes[1]!;
    this.#length -= 2 + this.#topicLength;
    this.#bytes = [];
    if (this.#topicLength === 0) this.#fail('empty topic');
    else this.#phase = phaseTopic;
  }

  #endTopic(): void {
    this.#topic = String.fromArrayBuffer(Uint8Array.from(this.#bytes).buffer);
    this.#bytes = [];
    if (this.#head & 6) {
      this.#length -= 2;
      this.#phase = phaseId;
    } else {
      this.#beginPayload();
    }
  }

  #beginPayload(): void {
    if (this.#length === 0) throw new Error('SDK 8.2.3 is stuck for good on a message without payload');
    this.#phase = phasePayload;
  }

  #deliverPayload(): void {
    const QoS = (this.#head >> 1) & 3;
    const available = Math.min(this.#length, this.#readable);
    const first = this.#topic === undefined ? {} : { topic: this.#topic, byteLength: this.#length, QoS };
    this.#topic = undefined;
    this.#payload = available;
    this.#length -= available;
    const more = this.#length > 0;
    if (!more) {
      this.#phase = phaseOperation;
      const operation = QoS === 1 ? MQTTClient.PUBACK : MQTTClient.PUBREC;
      if (QoS) this.#queue({ operation, id: this.#packetId, bytes: 4 });
    }
    this.#options?.onReadable?.call(this, available, { ...first, more });
  }

  #endBody(): void {
    this.#phase = phaseOperation;
    const message: Message = { operation: this.#head >> 4 };
    const bytes = this.#bytes;
    if (message.operation === MQTTClient.CONNACK) {
      if (bytes.length !== 2) {
        this.#fail('unexpected length');
        return;
      }
      message.returnCode = bytes[1]!;
    } else if (bytes.length >= 2) {
      message.id = (bytes[0]! << 8) | bytes[1]!;
      if (message.operation === MQTTClient.SUBACK) message.payload = bytes.slice(2);
    }
    this.#control(message);
  }

  #control(message: Message): void {
    const { operation, id } = message;
    if (operation === MQTTClient.PINGRESP) this.#lastRead = Time.ticks;
    if (operation === MQTTClient.CONNACK) {
      if (message.returnCode) {
        const behind = this.#readable;
        this.#fail('connection rejected');
        if (behind > 0) throw new Error('SDK 8.2.3 reads on from the socket that it has closed');
        return;
      }
      this.#state = 'connected';
    }
    if (operation === MQTTClient.PUBREC) this.#queue({ operation: MQTTClient.PUBREL, id: id!, bytes: 4 });
    if (operation === MQTTClient.PUBREL) this.#queue({ operation: MQTTClient.PUBCOMP, id: id!, bytes: 4 });
    this.#options?.onControl?.call(this, message);
    if (operation === MQTTClient.CONNACK && this.#writable > overhead) {
      this.#options?.onWritable?.call(this, this.#writable - overhead);
    }
  }
}

export default MQTTClient;
