/**
 * The MQTT door of a platform that has a broker of its own: takes `pipeline/#` from it as one of the consumers of a shared
 * subscription, and acknowledges to it what is durable here. The broker keeps what comes while nobody is here.
 */
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { asError } from '@sluice/common/errors';
import { connect, type IPublishPacket, type MqttClient } from 'mqtt';
import type { Topic } from '../message/message';
import { pipelineTopic } from './topic';

export interface BrokerOptions {
  /** `mqtt://host:port` or `mqtts://host:port`. */
  url: string;
  username?: string;
  password?: string;
  /** Path of the authority's certificate, PEM, where it is not one of the system's. */
  authority?: string;
  /** What its sessions are called at the broker, apart from others'. Default `sluice-cloud`. */
  clientId?: string;
}

export interface BrokerDoorOptions extends BrokerOptions {
  /** Takes a payload; what is rejected is tried again, and not acknowledged before. */
  receive(payload: Uint8Array, topic: Topic): Promise<void>;
  onProblem(problem: Error): void;
}

const subscription = '$share/sluice/pipeline/#';
/** One takes a message after the other, so as many are on their way to the disk at a time. */
const connections = 16;
/** Seconds that the broker keeps a session that is away: seven days. */
const sessionExpiryInterval = 604_800;
const retryDelay = 1_000;

export class BrokerDoor {
  readonly #clients: MqttClient[];
  readonly #closing = new AbortController();

  private constructor(clients: MqttClient[]) {
    this.#clients = clients;
  }

  /** Connects in the background, and again whenever the broker is away. */
  static async open(options: BrokerDoorOptions): Promise<BrokerDoor> {
    const { url, username, password, authority, clientId = 'sluice-cloud', onProblem } = options;
    const ca = authority === undefined ? undefined : await readFile(authority);
    const clients = Array.from({ length: connections }, (_, index) =>
      connect(url, {
        protocolVersion: 5,
        clientId: `${clientId}-${index}`,
        clean: false,
        properties: { sessionExpiryInterval },
        reconnectPeriod: retryDelay,
        resubscribe: false,
        ...(username !== undefined && { username }),
        ...(password !== undefined && { password }),
        ...(ca !== undefined && { ca }),
      }),
    );
    const door = new BrokerDoor(clients);
    for (const client of clients) {
      client.on('error', onProblem);
      client.on(
        'connect',
        () => void client.subscribe(subscription, { qos: 2 }, (error) => error && onProblem(error)),
      );
      client.handleMessage = (packet, done) =>
        void door.#take(options, packet).then((taken) => taken && done());
    }
    return door;
  }

  /** How many of its connections stand. */
  get connected(): number {
    return this.#clients.filter((client) => client.connected).length;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all(this.#clients.map((client) => client.endAsync(true)));
  }

  /** False: the door closed before; the broker sends it again. */
  async #take({ receive, onProblem }: BrokerDoorOptions, packet: IPublishPacket): Promise<boolean> {
    const payload = typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload;
    const topic = pipelineTopic(packet.topic);
    if (topic === undefined) return true;
    while (!this.#closing.signal.aborted) {
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
