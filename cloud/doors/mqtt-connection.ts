/**
 * A connection as the broker sees it. What a client that is let in publishes to the pipeline, with QoS 0 or 1 and not to
 * be retained, does not go through the broker: all that came in one piece is handed over as one, and acknowledged as one
 * when it is durable. Every other packet is the broker's.
 *
 * What holds: the broker gets whole packets, in their order, none larger than a message; what is held of others is bounded
 * for all connections together; what is on its way to the disk is bounded, and while a connection has that much there, or
 * does not read its acknowledgements, nothing is read from it.
 */
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import type { Client } from 'aedes';
import { messageLimit, type Topic } from '../message/message';
import { acknowledgements, endOf, PacketReader, publishAt } from './mqtt-packets';
import { pipelineTopic } from './topic';

/** A message as it was published. */
export interface Published {
  topic: Topic;
  /** The topic as text. */
  topicText: string;
  payload: Buffer;
  qos: 0 | 1;
}

export interface ConnectionOptions {
  socket: Socket;
  /** Of all connections together: bytes of packets that are not whole. */
  unfinished: { bytes: number };
  /** Whether the client may publish to a topic of the pipeline here. */
  mayPublish(client: Client, topic: string): boolean;
  /** Resolves when all of them are durable, or refused for good. */
  receive(messages: readonly Published[]): Promise<void>;
  /** To those who subscribed; resolves when they have them, or are not waited for. */
  forward(client: Client, messages: readonly Published[]): Promise<void>;
}

/** Bytes that a connection may send before it is let in: a CONNECT with a will, a name and a key. */
const helloLimit = 262_144;
const largestPacket = messageLimit + 65_536 + 16;
/** Bytes that wait for a client that does not read; then it is dropped, and nobody waits for it. */
export const unreadLimit = 1_048_576;
/** Bytes of unfinished packets of all connections, above which one that holds more than its share is closed. */
const unfinishedLimit = 64 << 20;
const unfinishedShare = 65_536;
/** Bytes of messages that are on their way to the disk. */
const unsettledLimit = 1_048_576;

interface Batch {
  /** Of those that are acknowledged. */
  ids: number[];
  messages: Published[];
  bytes: number;
}

export class MqttConnection extends Duplex {
  /** Of this connection, as soon as the broker has it. */
  client: Client | undefined;
  readonly #options: ConnectionOptions;
  readonly #packets = new PacketReader(largestPacket);
  #beforeHello = 0;
  #unsettled = 0;
  /** Whether the broker takes more. */
  #taken = true;
  #topic = { bytes: Buffer.alloc(0), text: '', of: undefined as Topic | undefined };

  constructor(options: ConnectionOptions) {
    super({ allowHalfOpen: false, writableHighWaterMark: unreadLimit });
    this.#options = options;
    const { socket } = options;
    // The broker takes its listener away when it gives a connection up.
    this.on('error', () => undefined);
    this.on('drain', () => this.#flow());
    socket.on('drain', () => this.#flow());
    socket.on('data', (chunk) => this.#take(chunk));
    socket.on('end', () => this.push(null));
    socket.on('error', (error) => this.destroy(error));
    socket.on('close', () => this.destroy());
  }

  override _read(): void {
    this.#taken = true;
    this.#flow();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#options.socket.write(chunk, done);
  }

  override _writev(chunks: { chunk: Buffer }[], done: (error?: Error | null) => void): void {
    const { socket } = this.#options;
    socket.cork();
    for (const [index, { chunk }] of chunks.entries())
      socket.write(chunk, index === chunks.length - 1 ? done : undefined);
    socket.uncork();
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#options.socket.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const { socket, unfinished } = this.#options;
    unfinished.bytes -= this.#packets.held;
    socket.destroy();
    done(error);
  }

  #take(chunk: Buffer): void {
    if (this.destroyed) return;
    const { client } = this;
    const isIn = client?.connected === true;
    if (!isIn) {
      this.#beforeHello += chunk.length;
      if (this.#beforeHello > helloLimit) return void this.destroy();
    }
    const bytes = this.#whole(chunk);
    if (bytes === undefined) return void this.destroy();
    if (!isIn) this.#hand(bytes);
    else this.#sort(client, bytes);
    this.#flow();
  }

  /** undefined: what is not whole is too much. */
  #whole(chunk: Buffer): Buffer | undefined {
    const { unfinished } = this.#options;
    const before = this.#packets.held;
    const bytes = this.#packets.take(chunk);
    const { held } = this.#packets;
    unfinished.bytes += held - before;
    return held > unfinishedShare && unfinished.bytes > unfinishedLimit ? undefined : bytes;
  }

  /** The broker's packets to the broker, the others to the disk. */
  #sort(client: Client, bytes: Buffer): void {
    const batch: Batch = { ids: [], messages: [], bytes: 0 };
    let begin = 0;
    let allowed: string | undefined;
    for (let at = 0; at < bytes.length; ) {
      const end = endOf(bytes, at);
      const publish = publishAt(bytes, at, end);
      const topic = publish && this.#pipelineTopic(publish.topic);
      if (topic !== undefined && allowed !== topic.text && this.#options.mayPublish(client, topic.text))
        allowed = topic.text;
      if (publish !== undefined && topic !== undefined && allowed === topic.text) {
        const { payload, id } = publish;
        this.#hand(bytes.subarray(begin, at));
        begin = end;
        const qos = id === undefined ? 0 : 1;
        batch.messages.push({ topic: topic.of, topicText: topic.text, payload, qos });
        if (id !== undefined) batch.ids.push(id);
        batch.bytes += end - at;
      }
      at = end;
    }
    this.#hand(bytes.subarray(begin));
    if (batch.messages.length === 0) return;
    heard(client);
    void this.#store(client, batch);
  }

  async #store(client: Client, { ids, messages, bytes }: Batch): Promise<void> {
    const { receive, forward } = this.#options;
    this.#unsettled += bytes;
    try {
      await receive(messages);
      if (ids.length > 0 && !this.destroyed) this.#answer(acknowledgements(ids));
      await forward(client, messages);
    } catch (error) {
      // Without an acknowledgement it is sent again.
      this.destroy(error as Error);
    } finally {
      this.#unsettled -= bytes;
      this.#flow();
    }
  }

  /** Behind what the broker has begun to write, if there is any. */
  #answer(bytes: Buffer): void {
    if (this.writableLength > 0) this.write(bytes);
    else this.#options.socket.write(bytes);
  }

  /** undefined: none, or one that the broker refuses. */
  #pipelineTopic(bytes: Buffer): { text: string; of: Topic } | undefined {
    if (!this.#topic.bytes.equals(bytes)) {
      const text = bytes.toString();
      const isUsable = !/[+#]/.test(text);
      // A copy: a view would hold all that came with it.
      this.#topic = { bytes: Buffer.from(bytes), text, of: isUsable ? pipelineTopic(text) : undefined };
    }
    const { text, of } = this.#topic;
    return of && { text, of };
  }

  #hand(bytes: Buffer): void {
    if (bytes.length > 0) this.#taken = this.push(bytes);
  }

  #flow(): void {
    const { socket } = this.#options;
    const isRead = !this.writableNeedDrain && !socket.writableNeedDrain;
    const goesOn = this.#taken && this.#unsettled < unsettledLimit && isRead;
    if (goesOn !== socket.isPaused()) return;
    if (goesOn) socket.resume();
    else socket.pause();
  }
}

/** The broker closes a connection from which it hears nothing for the client's keep-alive: its timer begins anew. */
function heard(client: Client): void {
  (client as { _keepaliveTimer?: NodeJS.Timeout | null })._keepaliveTimer?.refresh();
}
