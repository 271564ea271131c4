/**
 * The MQTT door: an embedded broker. What is published to `pipeline/app_id/dev_id` is stored before its PUBACK, most of
 * it beside the broker (mqtt-connection.ts); every other topic is passed on to its subscribers and not stored (data
 * formats, table of data stores).
 */
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createSecureServer, Server as TlsServer } from 'node:tls';
import type { Access } from '@sluice/common/access';
import { keepAccepting } from '@sluice/common/http';
import type { PublishPacket } from 'aedes';
import { Broker } from './mqtt-broker';
import { MqttConnection, type Published, unreadLimit } from './mqtt-connection';
import { MqttPermissions, projectOf } from './mqtt-permissions';
import type { MqttSessions } from './mqtt-sessions';
import { pipelineTopic } from './topic';

export interface MqttDoorOptions extends Access {
  port: number;
  /** What is kept for clients; closed with the door. */
  sessions: MqttSessions;
  /** Stores payloads; a rejection withholds their acknowledgements and closes the connection. */
  receive(messages: readonly Pick<Published, 'payload' | 'topic'>[]): Promise<void>;
  /** Told of what is published to other topics. */
  passed?: (project: string, bytes: number) => void;
  /** Told of every refusal, without any key. */
  audit?: (refusal: { client: string; refused: 'connect' | 'publish' | 'subscribe'; topic?: string }) => void;
}

/** Milliseconds that the broker itself would wait for a subscriber that does not read. */
const drainTimeout = 2_000;
const mostConnections = 10_000;

export class MqttDoor {
  readonly #broker: Broker;
  readonly #server: Server;
  readonly #sockets: ReadonlySet<Socket>;

  private constructor(
    broker: Broker,
    server: Server,
    sockets: ReadonlySet<Socket>,
    readonly sessions: MqttSessions,
  ) {
    this.#broker = broker;
    this.#server = server;
    this.#sockets = sockets;
  }

  static async open(options: MqttDoorOptions): Promise<MqttDoor> {
    const { host, tls, port, sessions, receive, passed, audit } = options;
    const permissions = new MqttPermissions(options);
    const broker = await Broker.open({
      // Brokers know no longer client identifiers than MQTT 3.1's 23 characters by default; clients use longer ones.
      maxClientsIdLength: 256,
      drainTimeout,
      // It would refuse what is stored already; `sessions` bounds them before.
      maxInflightInbound: 0,
      persistence: sessions,
      authorizeForward(client, packet) {
        if ((client.conn as MqttConnection).writableLength > unreadLimit) {
          client.conn.destroy();
          return null;
        }
        return permissions.mayHear(client, packet.topic) ? packet : null;
      },
      authenticate(client, username, password, done) {
        const admitted = permissions.admit(client, username, password?.toString());
        if (!admitted) audit?.({ client: client.id, refused: 'connect' });
        done(null, admitted);
      },
      authorizeSubscribe(client, subscription, done) {
        if (client === null || permissions.maySubscribe(client)) return done(null, subscription);
        audit?.({ client: client.id, refused: 'subscribe', topic: subscription.topic });
        done(null, null);
      },
      // Aedes acknowledges before its publish hooks run: only here can the PUBACK wait for the stores.
      authorizePublish(client, packet, done) {
        if (packet.topic.startsWith('$SYS/')) return done(new Error('$SYS is reserved to the broker'));
        if (client && !permissions.mayPublish(client, packet.topic)) {
          audit?.({ client: client.id, refused: 'publish', topic: packet.topic });
          return done(new Error('not a topic of this user'));
        }
        const take = async () => {
          const topic = pipelineTopic(packet.topic);
          if (topic) await receive([{ payload: payloadOf(packet), topic }]);
          else passed?.(projectOf(packet.topic), packet.payload.length);
        };
        const id = packet.qos === 2 ? messageIdOf(packet) : undefined;
        const taken = client && id !== undefined ? sessions.unreleased.take(client.id, id, take) : take();
        taken.then(() => done(null), done);
      },
    });
    const sockets = new Set<Socket>();
    const unfinished = { bytes: 0 };
    const handle = (socket: Socket) => {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
      const connection = new MqttConnection({
        socket,
        unfinished,
        mayPublish: (client, topic) => permissions.mayPublish(client, topic),
        receive,
        forward: async (client, messages) => {
          if (broker.isHeard || sessions.hearPipeline) await broker.forward(client, messages);
        },
      });
      connection.client = broker.handle(connection);
    };
    const server = tls
      ? createSecureServer({ cert: tls.certificate, key: tls.key, minVersion: 'TLSv1.2' }, handle)
      : createServer({ noDelay: true }, handle);
    server.maxConnections = mostConnections;
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(port, host, resolve);
      });
    } catch (error) {
      // Its heartbeat would keep the process alive.
      broker.close();
      throw error;
    }
    keepAccepting(server, 'the MQTT door');
    return new MqttDoor(broker, server, sockets, sessions);
  }

  /** Another certificate for what connects from now on. */
  renew({ certificate, key }: NonNullable<Access['tls']>): void {
    if (this.#server instanceof TlsServer) this.#server.setSecureContext({ cert: certificate, key });
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Of the platform itself, retained; an empty payload takes what was retained away. */
  publish(topic: string, payload: string): void {
    if (this.#broker.closed) return;
    this.#broker.publish(
      { cmd: 'publish', topic, payload, qos: 0, retain: true, dup: false },
      () => undefined,
    );
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    await new Promise<void>((resolve) => this.#broker.close(resolve));
    // The broker does not know those that have not said who they are.
    for (const socket of this.#sockets) socket.destroy();
    await closed;
    await this.sessions.close();
  }
}

/** The type of a packet that arrives leaves it out. */
function messageIdOf(packet: PublishPacket): number | undefined {
  return (packet as { messageId?: number }).messageId;
}

function payloadOf({ payload }: PublishPacket): Buffer {
  return typeof payload === 'string' ? Buffer.from(payload) : payload;
}
