/**
 * One connection to a broker: one message a reading, QoS 1.
 *
 * In: rings, and the socket's count of what it can take. Out: messages, acknowledgements to the rings. Holds: a block
 * is freed when the broker has acknowledged all its messages and those of the blocks before it; what is acknowledged
 * is not sent again, in later connections neither; a message that is not goes out again while others go on; no block
 * goes out before its time is known.
 */
import MQTTClient from 'embedded:network/mqtt/client';
import Timer from 'timer';
import { BlockError } from '../../block/block-error';
import { bootText } from '../../block/boot-text';
import { type OpenedBlock, openBlock } from '../../block/opened-block';
import { ConnectionError, type ConnectionOwner } from '../connection';
import { Cursors } from '../cursors';
import type { LinkSession, SessionOwner } from '../link-session';
import type { Deliverable, UplinkHost } from '../uplink-host';
import { BlockMessages } from './block-messages';
import { type Broker, connect } from './broker';
import type { Deliveries, Delivery } from './deliveries';
import { mostWaiting } from './pace';
import { Packets } from './packets';

/** Blocks in hand at most: of a stream, and in all. */
const mostOfStream = 4;
const mostBlocks = 32;
/** Bytes of a message that go out at once, when it has so many, and of a packet beside topic and message. */
const leastPart = 512;
const packetOverhead = 8;
/** ms after which no further message is begun in a turn: a sample waits for no more than this and one message. */
const slice = 1;
/** ms from dialling to the broker's word. */
const connectTime = 60_000;
/** ms without any word while messages wait, and without an acknowledgement from a broker that answers otherwise. */
const patience = 45_000;
const longPatience = 300_000;
const watchPeriod = 1_000;
/** ms of silence after which the broker is asked for a sign of life, each time. */
const askAfter = 3_000;
/** ms that the broker may take to let the part in before that counts as silence. */
const welcomeTime = 15_000;
/** Bytes of a packet that a broker may send, beside its head: what it owes us are short. */
const longestPacket = 2;

/** A block whose messages go out. */
interface Passage {
  readonly delivery: Delivery;
  readonly messages: BlockMessages;
}

export class MqttSession implements LinkSession, ConnectionOwner {
  state: 'dialling' | 'open' | 'closed' = 'dialling';
  fault: string | undefined;
  begun = false;
  readonly cursors = new Cursors(mostBlocks);
  private readonly host: UplinkHost;
  private readonly broker: Broker;
  private readonly deliveries: Deliveries;
  private readonly owner: SessionOwner;
  private readonly client: MQTTClient;
  private readonly bytes = new Uint8Array(512);
  private readonly packets = new Packets();
  /** The block at hand, and one whose late messages go out again. */
  private passage: Passage | undefined;
  private repetition: Passage | undefined;
  /** A message that the socket has not taken whole, and which it is; its place when it goes out again, else −1. */
  private message: Uint8Array | undefined;
  private written = 0;
  private delivery: Delivery | undefined;
  private index = 0;
  private place = -1;
  private writable = 0;
  /** Of the packet at hand: its operation once its first byte has come, and how much of it is still to come. */
  private operation = 0;
  private remaining = 0;
  private soonTimer: Timer | undefined;
  /** Streams of which a block has been acknowledged whole. */
  private readonly due: Deliverable[] = [];
  /** Of the last acknowledgement. */
  private heard: number;
  /** When the owner was last told of progress. */
  private told = Number.NEGATIVE_INFINITY;
  /** Of the last sign of life that is no acknowledgement, and of the last question for one. */
  private alive = 0;
  private asked = 0;
  private readonly watch: Timer;

  /** @throws AddressError */
  constructor(host: UplinkHost, broker: Broker, deliveries: Deliveries, owner: SessionOwner) {
    this.host = host;
    this.broker = broker;
    this.deliveries = deliveries;
    this.owner = owner;
    this.heard = host.clock.now();
    const session = this;
    this.client = connect(
      host,
      broker.address,
      {
        onWritable(count) {
          // A client that is closed while its host is resolved would bring the device down: here it is safe.
          if (session.state === 'closed') this.close();
          else session.onWritable(count);
        },
        onControl({ operation, id }) {
          session.alive = host.clock.now();
          if (operation === MQTTClient.PUBACK && session.state === 'open') session.onAcknowledged(id ?? 0);
        },
        onError() {
          session.end(session.fault ?? 'connection to the broker failed', false);
        },
      },
      this,
    );
    this.watch = Timer.repeat(() => this.look(), watchPeriod);
  }

  get silence(): number {
    const { host, state, heard, alive, packets } = this;
    const since = host.clock.now() - Math.max(heard, alive);
    if (state !== 'open') return Math.max(0, since - welcomeTime);
    return packets.waiting > 0 ? since : 0;
  }

  soon(): void {
    this.soonTimer ??= Timer.set(() => {
      this.soonTimer = undefined;
      this.pump();
    }, 0);
  }

  /** A broker has nobody to read it. */
  sendStatus(): void {}

  /** A broker has nobody to tell. */
  sendRest(): void {}

  sendClock(): void {
    this.soon();
  }

  close(reason: string): void {
    this.end(reason, this.begun);
  }

  /** A broker may greet, acknowledge and answer a sign of life. For anything else the SDK's client would make room. */
  inspect(byte: number): void {
    if (this.remaining > 0) this.remaining--;
    else if (this.operation === 0) this.operation = byte >> 4;
    else {
      const { CONNACK, PUBACK, PINGRESP } = MQTTClient;
      const { operation } = this;
      if ((operation !== CONNACK && operation !== PUBACK && operation !== PINGRESP) || byte > longestPacket)
        throw new ConnectionError('the broker sends what it was not asked for');
      this.remaining = byte;
      this.operation = 0;
    }
  }

  private onWritable(count: number): void {
    this.writable = count;
    if (this.state === 'dialling') {
      this.state = 'open';
      this.heard = this.host.clock.now();
      this.owner.opened();
    }
    this.soon();
  }

  private onAcknowledged(id: number): void {
    const { packets, deliveries, host } = this;
    const { pace } = deliveries;
    const place = packets.find(id);
    if (place < 0) return;
    const now = host.clock.now();
    const sent = packets.sentOnceAt(place);
    if (sent !== undefined) pace.measured(now - sent);
    pace.acknowledged(packets.waiting - packets.stuck >= pace.window);
    const delivery = packets.delivery(place)!;
    delivery.acknowledge(packets.index(place));
    packets.free(place);
    this.heard = now;
    const stream = delivery.stream!;
    // Freeing goes deep into the flash log: below a socket's and TLS's calls the stack has no room for it.
    if (delivery.done && !this.due.includes(stream)) this.due.push(stream);
    if (now - this.told >= watchPeriod) this.progressed();
    this.soon();
  }

  private progressed(): void {
    this.told = this.host.clock.now();
    this.owner.progressed();
  }

  /** Frees what is acknowledged, in order. @returns whether there was something */
  private settle(stream: Deliverable): boolean {
    const upTo = this.deliveries.settle(stream.ring);
    if (upTo === undefined) return false;
    this.cursors.acknowledge(stream, Math.max(upTo, stream.ring.oldest));
    this.progressed();
    return true;
  }

  /** Messages for a slice of time, one at least; then what is due meanwhile goes first. */
  private pump(): void {
    const { clock } = this.host;
    const end = clock.now() + slice;
    while (this.due.length > 0) this.settle(this.due.pop()!);
    while (this.state === 'open') {
      if (this.message === undefined && !this.repeat() && !this.advance()) return;
      if (this.message !== undefined && !this.write(this.message)) return;
      if (clock.now() < end) continue;
      this.soon();
      return;
    }
  }

  /** A step towards the next late message. @returns whether there was one to be made */
  private repeat(): boolean {
    const { packets } = this;
    if (packets.late === 0) {
      this.repetition = undefined;
      return false;
    }
    this.repetition ??= this.again(packets.delivery(packets.nextLate())!);
    if (this.repetition === undefined) return true;
    const { delivery, messages } = this.repetition;
    const place = packets.nextLate(delivery, messages.index);
    if (place < 0) this.repetition = undefined;
    else if (!messages.pass(packets.index(place)))
      this.prepare(messages.next()!, delivery, messages.index - 1, place);
    return true;
  }

  /** Opens a block once more. What the ring has overwritten meanwhile is not waited for. */
  private again(delivery: Delivery): Passage | undefined {
    const { packets } = this;
    const stream = delivery.stream!;
    const block = this.read(stream, delivery.sequence);
    if (block !== undefined) return this.passageOf(stream, delivery, new BlockMessages(block));
    for (let place = packets.nextLate(delivery); place >= 0; place = packets.nextLate(delivery))
      packets.free(place);
    return undefined;
  }

  /** A step towards the next message of the block at hand, or of the next block. @returns whether there was one */
  private advance(): boolean {
    const { packets, deliveries } = this;
    if (packets.waiting === mostWaiting || packets.waiting - packets.stuck >= deliveries.pace.window)
      return false;
    this.passage ??= this.open();
    if (this.passage === undefined) return false;
    const { delivery, messages } = this.passage;
    const { index } = messages;
    if (index < delivery.count) {
      if (!delivery.reaches(index)) return false;
      if (delivery.has(index)) {
        let next = index + 1;
        while (next < delivery.count && delivery.has(next)) next++;
        messages.pass(next);
      } else this.make(delivery, messages);
    }
    if (messages.index >= delivery.count) {
      // Before the last of its acknowledgements can free the block: the next one is mapped behind it.
      const stream = delivery.stream!;
      deliveries.ended(stream.ring, messages.end, delivery.offset);
      this.passage = undefined;
      if (delivery.done) this.settle(stream);
    }
    return true;
  }

  private make(delivery: Delivery, messages: BlockMessages): void {
    const { index } = messages;
    try {
      this.prepare(messages.next()!, delivery, index, -1);
    } catch (error) {
      // Its check was right: there is nothing a repetition could mend.
      this.host.log.error(`block ${delivery.sequence} cannot be published: ${(error as Error).message}`);
      delivery.count = index;
    }
  }

  private prepare(line: string, delivery: Delivery, index: number, place: number): void {
    this.message = new Uint8Array(ArrayBuffer.fromString(line));
    this.written = 0;
    this.delivery = delivery;
    this.index = index;
    this.place = place;
  }

  /** @returns whether all of it has been written; else the socket will tell when it can take more */
  private write(message: Uint8Array): boolean {
    const { written, packets } = this;
    const begins = written === 0;
    if (begins && this.place >= 0 && !packets.isLate(this.place)) {
      // It has been acknowledged meanwhile.
      this.message = undefined;
      return true;
    }
    const left = message.length - written;
    const room = this.writable - (begins ? this.broker.topicBytes + packetOverhead : 0);
    if (room < Math.min(left, leastPart)) return false;
    const part = message.subarray(written, written + Math.min(left, room));
    this.writable = begins ? this.begin(part, message.length) : this.client.write(part);
    this.written = written + part.length;
    if (this.written < message.length) return false;
    this.message = undefined;
    return true;
  }

  private begin(part: Uint8Array, byteLength: number): number {
    const { packets, place, delivery, index } = this;
    const { topic } = this.broker;
    const now = this.host.clock.now();
    if (packets.waiting === 0) this.heard = now;
    if (place >= 0) {
      packets.again(place, now);
      return this.client.write(part, { topic, QoS: 1, id: packets.id(place), byteLength, duplicate: true });
    }
    const id = packets.id(packets.take(delivery!, index, now));
    return this.client.write(part, { topic, QoS: 1, id, byteLength });
  }

  /** Takes the next block in hand, each stream in turn. */
  private open(): Passage | undefined {
    const { deliveries } = this;
    const { streams } = this.cursors;
    for (let looked = 0; looked < streams.length; looked++) {
      if (deliveries.inHand() >= mostBlocks) return undefined;
      deliveries.turn = (deliveries.turn + 1) % streams.length;
      const stream = streams[deliveries.turn]!;
      while (this.mayGo(stream)) {
        const sequence = this.cursors.take(stream);
        if (sequence < 0) break;
        const passage = this.openBlock(stream, sequence);
        if (passage !== undefined) return passage;
      }
    }
    return undefined;
  }

  /** Of an earlier boot nothing more will become known; of this one the time will be. */
  private mayGo({ boot, ring }: Deliverable): boolean {
    if (boot === undefined && this.host.clock.wall.source === 'unknown') return false;
    return this.deliveries.inHand(ring) < mostOfStream;
  }

  private openBlock(stream: Deliverable, sequence: number): Passage | undefined {
    const { host, deliveries } = this;
    const { ring, boot, clock } = stream;
    let delivery = deliveries.find(ring, sequence);
    if (delivery?.done) {
      delivery.stream = stream;
      this.settle(stream);
      return undefined;
    }
    const block = this.read(stream, sequence);
    if (block === undefined) {
      // Gone, which the ring counts.
      delivery ??= deliveries.begin(ring, sequence, 0, 0, undefined);
      delivery.count = delivery.below;
      this.settle(stream);
      return undefined;
    }
    const messages = new BlockMessages(block);
    const wall = boot === undefined ? host.clock.wall : clock;
    const offset = wall && wall.source !== 'unknown' ? wall.offset : undefined;
    delivery ??= deliveries.begin(ring, sequence, messages.count, messages.start, offset);
    delivery.stream = stream;
    return this.passageOf(stream, delivery, messages);
  }

  private read({ ring }: Deliverable, sequence: number): OpenedBlock | undefined {
    const length = ring.read(sequence, this.bytes);
    const block = length > 0 ? openBlock(this.bytes, 0, length) : undefined;
    return block instanceof BlockError ? undefined : block;
  }

  private passageOf(stream: Deliverable, delivery: Delivery, messages: BlockMessages): Passage {
    const { host, broker } = this;
    const { number, declaration, boot } = stream;
    const { part } = host.identity;
    const { plan, range } = declaration;
    const { identity, tags } = plan;
    const name = `${part}/${bootText(boot ?? host.identity.boot)}/${number}/${delivery.sequence}`;
    const { owner, resource, method, parameters } = identity;
    const source = { part, owner, resource, method, parameters, tags, range };
    messages.describe(source, broker.appId, name, delivery.offset);
    return { delivery, messages };
  }

  private look(): void {
    const { state, heard, alive, packets, silence, deliveries } = this;
    const now = this.host.clock.now();
    if (state === 'dialling' && now - heard > connectTime) this.end('the broker does not answer', this.begun);
    else if (state === 'open' && packets.waiting > 0) {
      if (now - Math.max(heard, alive) > patience) this.end('the broker is silent', true);
      else if (now - heard > longPatience) this.end('nothing is acknowledged', true);
      else if (packets.look(now, (tries) => deliveries.pace.patience(tries))) {
        deliveries.pace.lost();
        this.soon();
      }
    }
    if (silence > 0 && this.state !== 'closed') {
      if (state === 'open' && silence >= askAfter && now - this.asked >= askAfter) this.ask(now);
      this.owner.silent(silence);
    }
  }

  /** A broker that only acknowledges late answers this. */
  private ask(now: number): void {
    // Not within a message.
    if (this.written > 0 && this.message !== undefined) return;
    if (this.writable < packetOverhead) return;
    this.asked = now;
    this.writable = this.client.write(undefined, { operation: MQTTClient.PINGREQ });
  }

  /** @param hangUp whether the client can be closed now; if not it has done so, or will at its next callback */
  private end(reason: string, hangUp: boolean): void {
    if (this.state === 'closed') return;
    this.state = 'closed';
    Timer.clear(this.watch);
    if (this.soonTimer !== undefined) Timer.clear(this.soonTimer);
    // What is on its way may never have arrived, as when the broker ends connections at some byte.
    if (this.packets.waiting > 0) this.deliveries.pace.lost();
    if (hangUp) this.client.close();
    this.owner.ended(reason, 0);
  }
}
