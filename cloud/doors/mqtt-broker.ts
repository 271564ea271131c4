/** The broker, aedes, which knows whether anybody would hear what is published to the pipeline. */
import { Aedes, type AedesOptions, type Client, type PublishPacket } from 'aedes';
import type { Published } from './mqtt-connection';
import { mayMatchPipeline } from './topic';

declare module 'aedes' {
  interface Aedes {
    /** Of a client; its no-local subscriptions do not hear it. */
    publish(packet: PublishPacket, client: Client, done: (error?: Error) => void): void;
  }
}

type Deliver = Parameters<Aedes['subscribe']>[1];

export class Broker extends Aedes {
  /** Of clients that are there, by filter: what may match a topic of the pipeline. */
  readonly #hearers = new Map<string, Set<Deliver>>();

  static async open(options: AedesOptions): Promise<Broker> {
    const broker = new Broker(options);
    await broker.listen();
    return broker;
  }

  get isHeard(): boolean {
    return this.#hearers.size > 0;
  }

  override subscribe(filter: string, deliver: Deliver, done: () => void): void {
    if (mayMatchPipeline(filter)) {
      const of = this.#hearers.get(filter) ?? new Set();
      this.#hearers.set(filter, of.add(deliver));
    }
    super.subscribe(filter, deliver, done);
  }

  override unsubscribe(filter: string, deliver: Deliver, done: () => void): void {
    const of = this.#hearers.get(filter);
    of?.delete(deliver);
    if (of?.size === 0) this.#hearers.delete(filter);
    super.unsubscribe(filter, deliver, done);
  }

  /** Resolves when the subscribers have the messages, or are not waited for. */
  async forward(client: Client, messages: readonly Published[]): Promise<void> {
    await Promise.all(messages.map((message) => this.#forward(client, message)));
  }

  #forward(client: Client, { topicText: topic, payload, qos }: Published): Promise<void> {
    return new Promise((resolve, reject) => {
      const packet = { cmd: 'publish', topic, payload, qos, retain: false, dup: false } as const;
      this.publish(packet, client, (error) => (error ? reject(error) : resolve()));
    });
  }
}
