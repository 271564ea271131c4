/** MQTT, against `servers.ts`. The station is connected. */
import TCP from 'embedded:io/socket/tcp';
import MQTTClient, { type MQTTClientOptions } from 'embedded:network/mqtt/client';
import { type Case, check, equal, pause, throws, within } from './harness';
import { dns, host, ports } from './server';

function withBroker<T>(
  options: Partial<MQTTClientOptions>,
  run: (client: MQTTClient, resolve: (value: T) => void) => void,
): Promise<T> {
  let client: MQTTClient | undefined;
  let begun = false;
  const close = () => client?.close();
  return within<T>(40_000, 'MQTT', (resolve, reject) => {
    client = new MQTTClient({
      host,
      port: ports.mqtt,
      id: 'contract',
      dns,
      socket: { io: TCP },
      onError: () => reject(new Error('error')),
      ...options,
      onWritable() {
        if (begun) return;
        begun = true;
        try {
          run(this, resolve);
        } catch (error) {
          reject(error as Error);
        }
      },
    });
  }).then(
    (value) => {
      close();
      return value;
    },
    (error) => {
      close();
      throw error;
    },
  );
}

const cases: Case[] = [
  {
    name: 'mqtt: CONNACK comes as a control message before the first onWritable; after close a write throws',
    async run() {
      let ended: MQTTClient | undefined;
      let operation = 0;
      await withBroker<void>(
        {
          onControl(message) {
            operation = message.operation;
          },
        },
        (client, resolve) => {
          ended = client;
          resolve();
        },
      );
      ended!.close();
      throws(() => ended!.write(Uint8Array.of(1), { topic: 'a' }), 'after close');
      equal(operation, MQTTClient.CONNACK, 'operation');
    },
  },
  {
    name: 'mqtt: a publication of QoS 1 is acknowledged by its id, and comes back to a subscriber',
    async run() {
      let settle: (value: string) => void = () => undefined;
      const seen: string[] = [];
      const look = () => {
        if (seen.length === 3) settle(seen.sort().join());
      };
      const all = await withBroker<string>(
        {
          onControl(message) {
            if (message.operation === MQTTClient.SUBACK) {
              seen.push(`suback ${message.id}`);
              this.write(ArrayBuffer.fromString('reading'), { topic: 'contract/a', QoS: 1, id: 700 });
            }
            if (message.operation === MQTTClient.PUBACK) seen.push(`puback ${message.id}`);
            look();
          },
          onReadable(count, { topic, byteLength, more }) {
            check(!more && count === byteLength, 'in pieces');
            seen.push(`${topic} ${String.fromArrayBuffer(this.read(count)!)}`);
            look();
          },
        },
        (client, resolve) => {
          settle = resolve;
          client.write(null, {
            operation: MQTTClient.SUBSCRIBE,
            id: 9,
            items: [{ topic: 'contract/a', QoS: 1 }],
          });
        },
      );
      equal(all, 'contract/a reading,puback 700,suback 9', 'seen');
    },
  },
  {
    name: 'mqtt: a payload may be written and read in parts',
    async run() {
      let settle: (value: number) => void = () => undefined;
      let bytes = 0;
      const total = await withBroker<number>(
        {
          onControl(message) {
            if (message.operation !== MQTTClient.SUBACK) return;
            this.write(new Uint8Array(1_000), { topic: 'contract/b', byteLength: 3_000 });
            throws(() => this.write(new Uint8Array(2_001)), 'more than announced');
            this.write(new Uint8Array(1_000));
            this.write(new Uint8Array(1_000));
          },
          onReadable(count, { more }) {
            bytes += count;
            this.read(new Uint8Array(count - 1));
            this.read(1);
            if (!more) settle(bytes);
          },
        },
        (client, resolve) => {
          settle = resolve;
          client.write(null, { operation: MQTTClient.SUBSCRIBE, items: [{ topic: 'contract/b' }] });
        },
      );
      equal(total, 3_000, 'bytes');
    },
  },
  {
    name: 'mqtt: a message longer than there is room overflows',
    async run() {
      await withBroker<void>({}, (client, resolve) => {
        throws(() => client.write(new Uint8Array(9_000), { topic: 'contract/c' }), 'overflow');
        resolve();
      });
    },
  },
  {
    name: 'mqtt: wrong credentials are an error',
    async run() {
      await within<void>(30_000, 'error', (resolve, reject) => {
        new MQTTClient({
          host,
          port: ports.mqtt,
          user: 'nobody',
          password: 'wrong',
          dns,
          socket: { io: TCP },
          onWritable: () => reject(new Error('accepted')),
          onError: () => resolve(),
        });
      });
    },
  },
  {
    name: 'mqtt: a keep-alive keeps the connection, by pings of the client',
    async run() {
      let pings = 0;
      let settle: () => void = () => undefined;
      await withBroker<void>(
        {
          keepAlive: 4_000,
          onControl(message) {
            if (message.operation === MQTTClient.PINGRESP) pings += 1;
            if (pings === 2) settle();
          },
        },
        (_client, resolve) => {
          settle = resolve;
        },
      );
      await pause(10);
    },
  },
];

export default Object.freeze(cases, true);
