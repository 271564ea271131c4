/** A broker of MQTT 3.1.1 that does what a test tells it to, over a simulated network; it keeps what it has taken. */
import type { VirtualClock } from '../../host-sim/clock';
import type { ServerStream } from '../../host-sim/network/server-stream';
import type { SimulatedNetwork } from '../../host-sim/network/simulated-network';

const connect = 1;
const publish = 3;
const ping = 12;

/** What it does to a PUBLISH; left out: it takes it, and acknowledges it at once. */
export interface Treatment {
  /** Not taken, as if it had never come. */
  lost?: boolean;
  /** Taken, and not acknowledged. */
  silent?: boolean;
  /** ms until it is acknowledged. */
  delay?: number;
  /** Times that it is acknowledged; 1 by default. */
  times?: number;
  /** The connection ends. */
  hangUp?: boolean;
  /** It is taken and acknowledged, and with that come the last bytes of the connection. */
  parting?: Uint8Array;
}

export interface Message {
  topic: string;
  text: string;
  duplicate: boolean;
  id: number;
  at: number;
}

export interface ScriptedBrokerOptions {
  clock: VirtualClock;
  network: SimulatedNetwork;
  host: string;
  port: number;
}

export class ScriptedBroker {
  /** All that were taken, as often as they came. */
  readonly taken: Message[] = [];
  published = 0;
  connections = 0;
  /** CONNECTs: a connection without is a look whether it is there. */
  dials = 0;
  /** ms after which another client of the same name comes, for which the broker ends the connection; undefined: none. */
  rival: number | undefined;
  /** Of the last CONNECT. */
  credentials: { client: string; user: string; password: string } | undefined;
  /** Messages that came and of which it sent no acknowledgement. */
  unacknowledged = 0;
  /** Most messages at once of which none was acknowledged. */
  mostWaiting = 0;
  treat: (message: Message, broker: ScriptedBroker) => Treatment | undefined = () => undefined;
  /** Whether it lets a connection in, and whether it answers pings. */
  welcomes: (connection: number) => boolean = () => true;
  answersPings = true;
  /** Return code of its CONNACK (MQTT 3.1.1, 3.2.2.3). */
  refusal = 0;
  /** Whether it says anything at all. */
  answers: () => boolean = () => true;
  readonly #options: ScriptedBrokerOptions;

  constructor(options: ScriptedBrokerOptions) {
    this.#options = options;
    options.network.listen(options.host, options.port, (stream) => this.#accept(stream));
  }

  #accept(stream: ServerStream): void {
    this.connections++;
    const number = this.connections;
    const waiting = new Set<number>();
    let bytes = Buffer.alloc(0);
    stream.on('error', () => undefined);
    stream.on('data', (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      for (let packet = packetIn(bytes); packet !== undefined; packet = packetIn(bytes)) {
        bytes = bytes.subarray(packet.end);
        if (packet.operation === connect) this.#greet(stream, packet, number);
        if (packet.operation === ping && this.answers() && this.answersPings)
          stream.write(Buffer.of(0xd0, 0));
        if (packet.operation === publish) this.#receive(stream, packet, waiting);
        if (stream.destroyed) return;
      }
    });
  }

  #greet(stream: ServerStream, { body }: Packet, number: number): void {
    const { rival } = this;
    const { clock } = this.#options;
    this.dials++;
    this.credentials = credentialsIn(body);
    if (!this.answers() || !this.welcomes(number)) return;
    stream.write(Buffer.of(0x20, 2, 0, this.refusal));
    if (this.refusal > 0) stream.end();
    else if (rival !== undefined) clock.at(clock.now() + rival, () => void stream.end());
  }

  #receive(stream: ServerStream, { flags, body }: Packet, waiting: Set<number>): void {
    const { clock } = this.#options;
    const length = body.readUInt16BE(0);
    const message = {
      topic: body.toString('utf8', 2, 2 + length),
      id: body.readUInt16BE(2 + length),
      text: body.toString('utf8', 4 + length),
      duplicate: (flags & 8) !== 0,
      at: clock.now(),
    };
    if ((flags & 6) !== 2) throw new Error(`a message of another QoS than 1: ${flags}`);
    this.published++;
    waiting.add(message.id);
    this.mostWaiting = Math.max(this.mostWaiting, waiting.size);
    const { lost, silent, delay = 0, times = 1, hangUp, parting } = this.treat(message, this) ?? {};
    if (lost || silent || hangUp) this.unacknowledged++;
    if (hangUp) {
      stream.destroy();
      return;
    }
    if (lost) return;
    this.taken.push(message);
    if (silent) return;
    const acknowledge = () => {
      waiting.delete(message.id);
      for (let time = 0; time < times && !stream.destroyed; time++)
        stream.write(Buffer.of(0x40, 2, message.id >> 8, message.id & 0xff));
    };
    if (parting) {
      stream.end(Buffer.of(0x40, 2, message.id >> 8, message.id & 0xff, ...parting));
      return;
    }
    if (delay > 0) clock.at(clock.now() + delay, acknowledge);
    else acknowledge();
  }
}

interface Packet {
  operation: number;
  flags: number;
  body: Buffer;
  end: number;
}

/** The packet at the beginning, once it is whole (MQTT 3.1.1, 2.2). */
function packetIn(bytes: Buffer): Packet | undefined {
  let length = 0;
  for (let at = 1; at < Math.min(bytes.length, 5); at++) {
    length += (bytes[at]! & 0x7f) << (7 * (at - 1));
    if (bytes[at]! & 0x80) continue;
    const end = at + 1 + length;
    if (bytes.length < end) return undefined;
    return { operation: bytes[0]! >> 4, flags: bytes[0]! & 15, body: bytes.subarray(at + 1, end), end };
  }
  return undefined;
}

/** Behind ten bytes of head each has its length. What is not there is empty. */
function credentialsIn(body: Buffer): ScriptedBroker['credentials'] {
  const fields: string[] = [];
  for (let at = 10; at < body.length; at += 2 + body.readUInt16BE(at))
    fields.push(body.toString('utf8', at + 2, at + 2 + body.readUInt16BE(at)));
  const [client = '', user = '', password = ''] = fields;
  return { client, user, password };
}
