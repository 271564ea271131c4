/**
 * The MQTT door of a platform that has a broker of its own: takes `pipeline/#` from it in a session that the broker keeps
 * while nobody is here, and acknowledges to it, in order, what is durable here.
 *
 * What holds: a message is acknowledged when it is in the inbox, and not before; so many are on their way there at a time
 * that one commit takes them together; what was not acknowledged the broker sends again.
 */
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { asError } from '@sluice/common/errors';
import { connect, type IConnackPacket, type IPublishPacket, type MqttClient, type Packet } from 'mqtt';
import { messageLimit, type Topic } from '../message/message';
import { pipelineTopic } from './topic';

export interface BrokerOptions {
  /** `mqtt://host:port` or `mqtts://host:port`. */
  url: string;
  username?: string;
  password?: string;
  /** Path of the authority's certificate, PEM, where it is not one of the system's. */
  authority?: string;
  /** What its session is called at the broker, apart from all others'. Default `sluice-cloud`. */
  clientId?: string;
  /**
   * The group of clouds that messages are shared out among, each to one of them. By default there is none: Mosquitto 2.0
   * forgets shared subscriptions when it ends, however it is configured, and drops what comes until they are made again.
   */
  share?: string;
}

export interface BrokerDoorOptions extends BrokerOptions {
  /** Takes a payload; what is rejected is tried again, and not acknowledged before. */
  receive(payload: Uint8Array, topic: Topic): Promise<void>;
  onProblem(problem: Error): void;
}

const filter = 'pipeline/#';
/** Messages that the broker may have sent and that are not acknowledged yet. */
const receiveMaximum = 1_000;
/** Bytes: a message, its topic and what is around them. The broker passes over what is larger. */
const maximumPacketSize = messageLimit + 65_535 + 64;
/** Seconds that the broker keeps a session that is away: seven days. */
const sessionExpiryInterval = 604_800;
const retryDelay = 1_000;

export class BrokerDoor {
  readonly #options: BrokerDoorOptions;
  readonly #client: MqttClient;
  readonly #closing = new AbortController();
  #hadSession = false;
  /** Messages on their way to the inbox. */
  #taking = 0;
  /** Reads on when one of these is done. */
  #proceed: (() => void) | undefined;
  /** The last of the acknowledgements, which are in the order of the messages (MQTT 5, 4.6). */
  #last: Promise<void> = Promise.resolve();

  private constructor(options: BrokerDoorOptions, ca: Buffer | undefined) {
    this.#options = options;
    const { url, username, password, clientId = 'sluice-cloud', onProblem } = options;
    this.#client = connect(url, {
      protocolVersion: 5,
      clientId,
      clean: false,
      properties: { sessionExpiryInterval, receiveMaximum, maximumPacketSize },
      reconnectPeriod: retryDelay,
      resubscribe: false,
      ...(username !== undefined && { username }),
      ...(password !== undefined && { password }),
      ...(ca !== undefined && { ca }),
    });
    this.#client.on('error', onProblem);
    this.#client.on('connect', (answer) => this.#subscribe(answer));
    this.#client.on('packetreceive', acknowledgeHere);
    this.#client.handleMessage = (packet, proceed) => this.#receive(packet, proceed);
  }

  /** Connects in the background, and again whenever the broker is away. */
  static async open(options: BrokerDoorOptions): Promise<BrokerDoor> {
    const { authority } = options;
    return new BrokerDoor(options, authority === undefined ? undefined : await readFile(authority));
  }

  get isConnected(): boolean {
    return this.#client.connected;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#client.endAsync(true);
  }

  #subscribe({ sessionPresent }: IConnackPacket): void {
    const { share, onProblem } = this.#options;
    if (this.#hadSession && !sessionPresent)
      onProblem(new Error('it has forgotten the session, and with it what it had not handed over'));
    this.#hadSession = true;
    // With QoS 2 the library promises a message to the broker before it hands it over.
    const granted = (error: Error | null) => error && onProblem(error);
    this.#client.subscribe(share === undefined ? filter : `$share/${share}/${filter}`, { qos: 1 }, granted);
  }

  #receive(packet: IPublishPacket, proceed: () => void): void {
    const { stream } = this.#client;
    const taken = this.#take(packet, stream);
    const before = this.#last;
    this.#taking++;
    this.#last = taken.then(async (isTaken) => {
      await before;
      if (isTaken && packet.messageId !== undefined) acknowledge(stream, packet.messageId);
      this.#taking--;
      this.#proceed?.();
      this.#proceed = undefined;
    });
    // The broker waits by itself, except with QoS 0. What it says meanwhile is to be read: that it is there.
    if (this.#taking <= receiveMaximum) proceed();
    else this.#proceed = proceed;
  }

  /** False: where it came from is gone before; the broker sends it again. */
  async #take(packet: IPublishPacket, stream: MqttClient['stream']): Promise<boolean> {
    const { receive, onProblem } = this.#options;
    const payload = typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload;
    const topic = pipelineTopic(packet.topic);
    if (topic === undefined) return true;
    while (!this.#closing.signal.aborted && !stream.destroyed) {
      try {
        await receive(payload, topic);
        return true;
      } catch (error) {
        onProblem(asError(error));
        await delay(retryDelay, undefined, { signal: this.#closing.signal }).catch(() => undefined);
      }
    }
    return false;
  }
}

/**
 * The library hands over a message only when that before it is acknowledged: one commit for each. So it is told that there
 * is nothing to acknowledge.
 */
function acknowledgeHere(packet: Packet): void {
  if (packet.cmd === 'publish') packet.qos = 0;
}

/** Sends a PUBACK (MQTT 5, 3.4) where the message came from; those of one turn go in one write. */
function acknowledge(stream: MqttClient['stream'], messageId: number): void {
  if (stream.destroyed) return;
  stream.cork();
  stream.write(Buffer.from([0x40, 2, messageId >> 8, messageId & 0xff]));
  setImmediate(() => stream.uncork());
}
