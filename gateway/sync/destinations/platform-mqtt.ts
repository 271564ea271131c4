/**
 * The platform's MQTT topic: each message to `pipeline/<app_id>/<dev_id>`, QoS 1; delivered when the broker has
 * acknowledged it.
 *
 * What holds: a broker of version 5 is understood when it refuses a message for good; one of version 3.1.1 cannot say so,
 * and what it does not acknowledge is tried again.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { MqttClient } from 'mqtt';
import type { Destination, DestinationSpecification } from '../destination';
import {
  type Outcome,
  PlatformDestination,
  type PlatformOptions,
  type PlatformTransport,
  type PortionOutcome,
} from './platform';
import type { PlatformMessage } from './platform-messages';

export interface PlatformMqttOptions<Item> extends PlatformOptions<Item> {
  /** `mqtt://host:1883` or `mqtts://host:8883` */
  address: string;
  user?: string | undefined;
  password?: string | undefined;
  /** Of the broker's authority, PEM, where it is none of the system's. */
  authority?: string | undefined;
}

/** ms for a connection, and for acknowledgements of a portion. */
const connectPatience = 10_000;
const patience = 60_000;
/** Messages that are not acknowledged, at once; fewer where the broker says so. */
const mostInFlight = 64;

/** Reason codes of version 5 that no repetition helps against. */
const permanent = new Map([
  [0x90, 'the topic is refused'],
  [0x95, 'the message is too large'],
  [0x99, 'the message is refused'],
]);
/** Of a connection: the broker does not speak version 5. */
const otherVersion = new Set([0x01, 0x84]);

/** What a packet has beside topic and payload, in bytes, at most. */
const packetOverhead = 16;

interface Connection {
  client: MqttClient;
  /** Bytes of a packet that the broker takes. */
  largest: number;
  inFlight: number;
  /** Resolves when it has ended. */
  closed: Promise<void>;
}

class MqttTopic implements PlatformTransport {
  readonly #options: PlatformMqttOptions<never>;
  #connection: Promise<Connection> | undefined;
  #version: 4 | 5 = 5;

  constructor(options: PlatformMqttOptions<never>) {
    this.#options = options;
  }

  async send(messages: readonly PlatformMessage[], signal: AbortSignal): Promise<PortionOutcome> {
    let connection: Connection;
    try {
      connection = await this.#connected();
    } catch (error) {
      const { message, code } = error as NodeJS.ErrnoException;
      return { outcomes: [again(`the broker is not reached: ${message || code}`)], doubtful: 0 };
    }
    const outcomes: Outcome[] = [];
    const begun = { count: 0 };
    const given = new AbortController();
    const silence = delay(patience, `has not acknowledged for ${patience / 1_000} s`, {
      signal: AbortSignal.any([signal, given.signal]),
    });
    try {
      const why = await Promise.race([
        this.#publishAll(connection, messages, outcomes, begun),
        connection.closed.then(() => 'has ended the connection'),
        silence,
      ]);
      if (why === undefined) return { outcomes, doubtful: begun.count - firstAgain(outcomes) };
      await this.close();
      // Of those behind the first that is missing some may be acknowledged: they go twice.
      const missing = Math.max(
        0,
        messages.findIndex((_, index) => outcomes[index] === undefined),
      );
      const told = [...outcomes.slice(0, missing), again(`the broker ${why}`)];
      return { outcomes: told, doubtful: begun.count - firstAgain(told) };
    } catch (error) {
      await this.close();
      throw error;
    } finally {
      given.abort();
      silence.catch(() => undefined);
    }
  }

  async close(): Promise<void> {
    const connection = this.#connection;
    this.#connection = undefined;
    await connection?.then(
      ({ client }) => client.endAsync(true),
      () => undefined,
    );
  }

  async #publishAll(
    connection: Connection,
    messages: readonly PlatformMessage[],
    outcomes: Outcome[],
    begun: { count: number },
  ): Promise<undefined> {
    const work = async () => {
      while (begun.count < messages.length) {
        const index = begun.count++;
        outcomes[index] = await this.#publish(connection, messages[index]!);
      }
    };
    await Promise.all(Array.from({ length: connection.inFlight }, work));
    return undefined;
  }

  #publish({ client, largest }: Connection, { devId, line }: PlatformMessage): Promise<Outcome> {
    const topic = `pipeline/${this.#options.appId}/${devId}`;
    const bytes = Buffer.byteLength(topic) + Buffer.byteLength(line) + packetOverhead;
    if (bytes > largest)
      return Promise.resolve({
        result: 'refused',
        reason: `the broker takes ${largest} bytes, not ${bytes}`,
      });
    return new Promise((resolve) => {
      client.publish(topic, line, { qos: 1 }, (error) =>
        resolve(error ? outcomeOf(error) : { result: 'delivered' }),
      );
    });
  }

  #connected(): Promise<Connection> {
    const connecting = this.#connection ?? this.#connect();
    this.#connection = connecting;
    const forget = () => {
      if (this.#connection === connecting) this.#connection = undefined;
    };
    connecting.then(({ closed }) => closed).then(forget, forget);
    return connecting;
  }

  async #connect(): Promise<Connection> {
    try {
      return await this.#open();
    } catch (error) {
      if (this.#version === 4 || !otherVersion.has((error as { code?: number }).code ?? 0)) throw error;
      this.#version = 4;
      return this.#open();
    }
  }

  async #open(): Promise<Connection> {
    const { address, user, password, authority } = this.#options;
    // MQTT's client takes memory: it is loaded where there is such a destination.
    const { connect } = await import('mqtt');
    return new Promise((resolve, reject) => {
      const client = connect(address, {
        protocolVersion: this.#version,
        clean: true,
        // What is not acknowledged goes with its connection: the sync sends it again, at its own pace.
        reconnectPeriod: 0,
        connectTimeout: connectPatience,
        ...(user !== undefined && { username: user }),
        ...(password !== undefined && { password }),
        ...(authority !== undefined && { ca: authority }),
      });
      const closed = new Promise<void>((ended) => client.once('close', ended));
      client.on('error', reject);
      void closed.then(() => {
        client.end(true);
        reject(new Error('it has ended the connection'));
      });
      client.once('connect', ({ properties }) => {
        const { maximumPacketSize: largest = Number.POSITIVE_INFINITY, receiveMaximum = mostInFlight } =
          properties ?? {};
        resolve({ client, largest, inFlight: Math.min(mostInFlight, receiveMaximum), closed });
      });
    });
  }
}

/** Where the portion goes on when it goes again; its length when it does not. */
function firstAgain(outcomes: readonly Outcome[]): number {
  const index = outcomes.findIndex(({ result }) => result === 'again');
  return index < 0 ? outcomes.length : index;
}

function again(reason: string): Outcome {
  return { result: 'again', reason, of: 'destination' };
}

/** Of a message that is not acknowledged as taken. */
function outcomeOf(error: Error & { code?: number | string }): Outcome {
  const refusal = typeof error.code === 'number' ? permanent.get(error.code) : undefined;
  if (refusal !== undefined) return { result: 'refused', reason: `${refusal}: ${error.message}` };
  return again(`the broker has not acknowledged: ${error.message}`);
}

export const platformMqtt = {
  summary: "The IoT platform's MQTT topic: each reading as one of its messages, QoS 1.",
  largestItem: Number.MAX_SAFE_INTEGER,
  isIdempotent: false,
  open: <Item extends object>(name: string, options: PlatformMqttOptions<Item>): Destination<Item> =>
    new PlatformDestination(name, options, new MqttTopic(options)),
} satisfies DestinationSpecification<PlatformMqttOptions<never>, never>;
