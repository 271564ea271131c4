/**
 * What the broker keeps for clients: retained messages, subscriptions and queues of sessions, and the QoS 2 messages
 * that are not released. Bounded in every direction, and kept over a restart: written a moment after it changed, and
 * when the door closes. What changed in the moment before a crash is as it was before.
 */
import { asError } from '@sluice/common/errors';
import type { Storage } from '@sluice/common/storage';
import type { AedesPublishPacket, Client, Subscription } from 'aedes';
import MemoryPersistence, { Packet } from 'aedes-persistence/asyncPersistence.js';
import { z } from 'zod';
import { mayMatchPipeline } from './topic';
import { UnreleasedMessages } from './unreleased';

/** Retained messages, and bytes of all their payloads. */
const mostRetained = 10_000;
const mostRetainedBytes = 64 << 20;
/** Sessions that outlive their connection, subscriptions of one, and messages that wait for one. */
const mostSessions = 10_000;
const mostSubscriptions = 200;
const mostQueued = 1_000;
/** Bytes of payload that wait for one session, and for all. */
const mostQueuedBytes = 8 << 20;
const mostQueuedBytesOfAll = 128 << 20;
/** Milliseconds between a change and its writing; when writing takes long, as many times that. */
const writeDelay = 500;
const writeShare = 20;

type ClientId = Pick<Client, 'id'>;
type Queue = { count: number; bytes: number };

const packetSchema = z.looseObject({ topic: z.string(), payload: z.string(), qos: z.int().min(0).max(2) });
const idSchema = z.int().min(1).max(65_535);
const schema = z.object({
  /** 1 had the whole of each message that is not released. */
  version: z.union([z.literal(1), z.literal(2)]),
  retained: z.array(packetSchema),
  sessions: z.array(
    z.object({
      id: z.string(),
      subscriptions: z.array(z.looseObject({ topic: z.string(), qos: z.int().min(0).max(2) })),
      queue: z.array(packetSchema),
      unreleased: z.array(
        z.union([idSchema, z.looseObject({ messageId: idSchema }).transform(({ messageId }) => messageId)]),
      ),
    }),
  ),
});

export interface SessionsOptions {
  storage: Storage;
  path: string;
  onProblem(problem: Error): void;
}

export class MqttSessions extends MemoryPersistence {
  readonly unreleased = new UnreleasedMessages();
  readonly #dropped = { retained: 0, queued: 0 };
  readonly #options: SessionsOptions;
  readonly #retained = new Map<string, AedesPublishPacket>();
  #retainedBytes = 0;
  readonly #sessions = new Set<string>();
  /** Of those, with a subscription that may match a topic of the pipeline. */
  readonly #hearing = new Set<string>();
  readonly #queues = new Map<string, Queue>();
  #queuedBytes = 0;
  #changed = false;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();
  #closed = false;

  private constructor(options: SessionsOptions) {
    super();
    this.#options = options;
  }

  /** With what was kept; a file that cannot be read is told of, and nothing is kept then. */
  static async open(options: SessionsOptions): Promise<MqttSessions> {
    const sessions = new MqttSessions(options);
    const { storage, path, onProblem } = options;
    if ((await storage.status(path)) === undefined) return sessions;
    try {
      const kept = schema.parse(JSON.parse(Buffer.from(await storage.read(path)).toString()));
      await sessions.#restore(kept);
    } catch (error) {
      onProblem(new Error(`${path} cannot be read: sessions begin anew`, { cause: error }));
    }
    sessions.#changed = false;
    return sessions;
  }

  override async storeRetained(packet: AedesPublishPacket): Promise<void> {
    const before = this.#retained.get(packet.topic)?.payload.length ?? 0;
    const bytes = this.#retainedBytes - before + packet.payload.length;
    const count = this.#retained.size + (this.#retained.has(packet.topic) ? 0 : 1);
    if (packet.payload.length > 0 && (count > mostRetained || bytes > mostRetainedBytes)) {
      this.#dropped.retained++;
      return;
    }
    await super.storeRetained(packet);
    this.#retainedBytes = bytes;
    if (packet.payload.length === 0) this.#retained.delete(packet.topic);
    else this.#retained.set(packet.topic, packet);
    // What is live is another in a moment: it is written along with what else changes.
    if (packet.payload.length === 0 || !packet.topic.startsWith('live/')) this.#change();
  }

  /** @throws when there is no room: the client is refused */
  override async addSubscriptions(client: ClientId, subscriptions: Subscription[]): Promise<void> {
    const has = await this.subscriptionsByClient(client);
    const topics = new Set([...has, ...subscriptions].map(({ topic }) => topic));
    if (topics.size > mostSubscriptions) throw new Error(`more than ${mostSubscriptions} subscriptions`);
    if (!this.#sessions.has(client.id) && this.#sessions.size >= mostSessions)
      throw new Error(`more than ${mostSessions} sessions`);
    await super.addSubscriptions(client, subscriptions);
    this.#sessions.add(client.id);
    if ([...topics].some(mayMatchPipeline)) this.#hearing.add(client.id);
    this.#change();
  }

  override async removeSubscriptions(client: ClientId, topics: string[]): Promise<void> {
    await super.removeSubscriptions(client, topics);
    const left = await this.subscriptionsByClient(client);
    if (left.length === 0) this.#sessions.delete(client.id);
    if (!left.some(({ topic }) => mayMatchPipeline(topic))) this.#hearing.delete(client.id);
    this.#change();
  }

  override async cleanSubscriptions(client: ClientId): Promise<void> {
    await super.cleanSubscriptions(client);
    this.#sessions.delete(client.id);
    this.#hearing.delete(client.id);
    this.#change();
  }

  override async outgoingEnqueue(
    subscription: { clientId: string },
    packet: AedesPublishPacket,
  ): Promise<void> {
    await this.outgoingEnqueueCombi([subscription], packet);
  }

  override async outgoingEnqueueCombi(
    subscriptions: { clientId: string }[],
    packet: AedesPublishPacket,
  ): Promise<void> {
    const { length } = packet.payload;
    const room = subscriptions.filter(({ clientId }) => {
      const { count, bytes } = this.#queues.get(clientId) ?? { count: 0, bytes: 0 };
      if (count < mostQueued && bytes + length <= mostQueuedBytes) {
        if (this.#queuedBytes + length <= mostQueuedBytesOfAll) return true;
      }
      this.#dropped.queued++;
      return false;
    });
    await super.outgoingEnqueueCombi(room, packet);
    for (const { clientId } of room) this.#queued(clientId, 1, length);
  }

  override async outgoingClearMessageId(client: ClientId, packet: { messageId?: number }) {
    const cleared = await super.outgoingClearMessageId(client, packet);
    if (cleared !== undefined) this.#queued(client.id, -1, -(cleared.payload?.length ?? 0));
    return cleared;
  }

  override async incomingStorePacket(client: ClientId, { messageId }: AedesPublishPacket): Promise<void> {
    this.unreleased.add(client.id, messageId!);
    this.#change();
  }

  /** @throws when it is not here */
  override async incomingGetPacket(client: ClientId, packet: { messageId?: number }) {
    if (!this.unreleased.isHere(client.id, packet.messageId!)) throw new Error('no such packet');
    return packet;
  }

  /** @throws when it is not here */
  override async incomingDelPacket(client: ClientId, { messageId }: { messageId?: number }): Promise<void> {
    if (!this.unreleased.release(client.id, messageId!)) throw new Error('no such packet');
    this.#change();
  }

  override async cleanIncoming(client: ClientId): Promise<void> {
    if (this.unreleased.forget(client.id)) this.#change();
  }

  /** Whether a session, there or away, may get what is published to the pipeline. */
  get hearPipeline(): boolean {
    return this.#hearing.size > 0;
  }

  /** Left out, or refused, since the start, because there was no room. */
  get dropped(): { retained: number; queued: number; unreleased: number } {
    return { ...this.#dropped, unreleased: this.unreleased.refused };
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#writing;
    if (this.#changed) await this.#write();
  }

  #queued(clientId: string, count: number, bytes: number): void {
    const queue = this.#queues.get(clientId) ?? { count: 0, bytes: 0 };
    queue.count += count;
    queue.bytes += bytes;
    this.#queuedBytes += bytes;
    if (queue.count > 0) this.#queues.set(clientId, queue);
    else this.#queues.delete(clientId);
    this.#change();
  }

  #change(after = writeDelay): void {
    this.#changed = true;
    if (this.#timer !== undefined || this.#closed) return;
    this.#timer = setTimeout(() => {
      this.#writing = this.#writeLater();
    }, after);
    this.#timer.unref();
  }

  async #writeLater(): Promise<void> {
    const begun = performance.now();
    await this.#write().catch((error) => {
      this.#changed = true;
      this.#options.onProblem(asError(error));
    });
    this.#timer = undefined;
    if (this.#changed) this.#change(Math.max(writeDelay, writeShare * (performance.now() - begun)));
  }

  async #write(): Promise<void> {
    this.#changed = false;
    const sessions = [];
    const unreleasedOf = new Map(this.unreleased.kept());
    const ids = new Set([...this.#sessions, ...this.#queues.keys(), ...unreleasedOf.keys()]);
    for (const id of ids) {
      const queue: object[] = [];
      for await (const packet of this.outgoingStream({ id })) queue.push(textOf(packet));
      const unreleased = unreleasedOf.get(id) ?? [];
      sessions.push({ id, subscriptions: await this.subscriptionsByClient({ id }), queue, unreleased });
    }
    const kept = { version: 2, retained: [...this.#retained.values()].map(textOf), sessions };
    await this.#options.storage.replace(this.#options.path, Buffer.from(JSON.stringify(kept)));
  }

  async #restore({ retained, sessions }: z.infer<typeof schema>): Promise<void> {
    for (const packet of retained) await this.storeRetained(packetOf(packet));
    for (const { id, subscriptions, queue, unreleased } of sessions) {
      if (subscriptions.length > 0) await this.addSubscriptions({ id }, subscriptions as never);
      for (const packet of queue) await this.outgoingEnqueue({ clientId: id }, packetOf(packet));
      this.unreleased.restore(id, unreleased);
    }
  }
}

function textOf(packet: AedesPublishPacket): object {
  return { ...packet, payload: Buffer.from(packet.payload).toString('base64') };
}

function packetOf({ payload, ...rest }: z.infer<typeof packetSchema>): AedesPublishPacket {
  const packet = new Packet({ ...rest, payload: Buffer.from(payload, 'base64') });
  return Object.assign(packet, { messageId: rest.messageId });
}
