/**
 * One connection to a broker: one message a reading, QoS 1.
 *
 * In: rings, and the socket's count of what it can take. Out: messages, acknowledgements to the rings. Holds: a block
 * is freed when the broker has acknowledged all its messages and those of the blocks before it; what is acknowledged
 * is not sent again, in later connections neither; a message that is not goes out again while others go on; no block
 * goes out before its time is known.
 */
import Timer from 'timer';
import { Cursors } from '../cursors';
import type { LinkSession, SessionOwner } from '../link-session';
import type { Deliverable, UplinkHost } from '../uplink-host';
import { MessageError } from './block-messages';
import type { Broker } from './broker';
import { BrokerConnection, type BrokerConnectionOwner } from './broker-connection';
import type { Deliveries, Delivery } from './deliveries';
import { mostWaiting } from './pace';
import { Packets } from './packets';
import { mostBlocks, type Passage, Passages } from './passages';
import { PublishBuffer } from './publish-buffer';

/** ms after which no further message is begun in a turn: a sample waits for no more than this and one message. */
const slice = 1;
/** ms from dialling to the broker's word. */
const connectTime = 60_000;
/** ms without any word from a broker that owes one, and without an acknowledgement from one that answers otherwise. */
const patience = 45_000;
const longPatience = 300_000;
const watchPeriod = 1_000;
/** ms of silence after which the broker is asked for a sign of life, each time; and without any, for it to hear one. */
const askAfter = 3_000;
const askAlways = 20_000;
/** ms that the broker may take to let the part in before that counts as silence. */
const welcomeTime = 15_000;
/** Begins as a gateway's refusal for the same reason, by which the device knows it. */
const rivalled =
  'refused: duplicate-part: the broker ends each connection, as it does when two devices have one name';

export class MqttSession implements LinkSession, BrokerConnectionOwner {
  state: 'dialling' | 'open' | 'closed' = 'dialling';
  readonly cursors = new Cursors(mostBlocks);
  private readonly host: UplinkHost;
  private readonly deliveries: Deliveries;
  private readonly owner: SessionOwner;
  private readonly connection: BrokerConnection;
  private readonly passages: Passages;
  private readonly packets = new Packets();
  private readonly buffer: PublishBuffer;
  /** The block at hand, and one whose late messages go out again. */
  private passage: Passage | undefined;
  private repetition: Passage | undefined;
  /** A block that was at hand when late messages had to go out again, and its messages that have gone. */
  private aside: Delivery | undefined;
  private asideAt = 0;
  private soonTimer: Timer | undefined;
  /** Streams of which a block has been acknowledged whole. */
  private readonly due: Deliverable[] = [];
  /** Of the last acknowledgement. */
  private acknowledgedAt: number;
  /** Of the last word of any kind, and of the last question for one. */
  private heardAt: number;
  private askedAt: number;
  /** When the broker let the part in. */
  private openedAt = 0;
  /** Whether the next acknowledgement says how long a round trip takes: of those that come together one does. */
  private measures = false;
  /** When the owner was last told of progress. */
  private toldAt = Number.NEGATIVE_INFINITY;
  private readonly watch: Timer;

  /** @throws AddressError */
  constructor(host: UplinkHost, broker: Broker, deliveries: Deliveries, owner: SessionOwner) {
    this.host = host;
    this.deliveries = deliveries;
    this.owner = owner;
    this.acknowledgedAt = this.heardAt = this.askedAt = host.clock.now();
    this.passages = new Passages(host, broker.appId, deliveries, this.cursors, () => this.progressed());
    this.connection = new BrokerConnection(broker, this);
    this.buffer = new PublishBuffer(broker.topic, this.connection);
    this.watch = Timer.repeat(() => this.look(), watchPeriod);
  }

  get silence(): number {
    const since = this.host.clock.now() - this.heardAt;
    if (this.state !== 'open') return Math.max(0, since - welcomeTime);
    return this.packets.waiting > 0 ? since : 0;
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

  /** @param byBroker it has ended the connection */
  close(reason: string, byBroker = false): void {
    const { state, packets, deliveries } = this;
    if (state === 'closed') return;
    this.state = 'closed';
    Timer.clear(this.watch);
    if (this.soonTimer !== undefined) Timer.clear(this.soonTimer);
    // What is on its way may never have arrived, as when the broker ends connections at some byte.
    if (packets.waiting > 0) deliveries.pace.lost();
    this.connection.close();
    const isIdle = byBroker && packets.waiting === 0;
    const wait =
      state === 'open' ? deliveries.rivals.ended(this.host.clock.now() - this.openedAt, isIdle) : 0;
    this.owner.ended(wait > 0 ? rivalled : reason, wait);
  }

  failed(reason: string): void {
    this.close(reason, this.connection.fault === undefined);
  }

  heard(): void {
    this.heardAt = this.host.clock.now();
    this.measures = true;
    this.soon();
  }

  welcomed(): void {
    this.state = 'open';
    this.openedAt = this.heardAt;
    this.owner.opened();
  }

  refused(): void {
    this.owner.spoken();
  }

  writable(): void {
    this.soon();
  }

  acknowledged(id: number): void {
    const { packets, deliveries, heardAt: now } = this;
    const { pace } = deliveries;
    const place = packets.find(id);
    if (place < 0) return;
    if (this.measures) {
      const sent = packets.sentOnceAt(place);
      if (sent !== undefined) pace.measured(now - sent);
      this.measures = false;
    }
    pace.acknowledged(packets.waiting - packets.stuck >= pace.window);
    const delivery = packets.delivery(place)!;
    delivery.acknowledge(packets.index(place));
    packets.free(place);
    this.acknowledgedAt = now;
    // Freeing goes deep into the flash log: below a socket's and TLS's calls the stack has no room for it.
    if (delivery.done) this.complete(delivery.stream!);
    if (now - this.toldAt >= watchPeriod) this.progressed();
  }

  private complete(stream: Deliverable): void {
    if (!this.due.includes(stream)) this.due.push(stream);
  }

  private progressed(): void {
    this.toldAt = this.host.clock.now();
    this.owner.progressed();
  }

  /** Messages for a slice of time, one at least; then what is due meanwhile goes first. */
  private pump(): void {
    const { clock } = this.host;
    const { due, passages, packets, buffer } = this;
    let now = clock.now();
    const end = now + slice;
    while (due.length > 0) passages.settle(due.pop()!);
    while (this.state === 'open' && buffer.hasRoom()) {
      if (packets.late > 0) this.repeat(now);
      else if (!this.advance(now)) break;
      now = clock.now();
      if (now < end) continue;
      this.soon();
      break;
    }
    if (this.state === 'open') buffer.flush();
  }

  /** A step towards the next late message. */
  private repeat(now: number): void {
    const { packets } = this;
    if (this.repetition === undefined) {
      this.putAside();
      this.repetition = this.again();
      if (this.repetition === undefined) return;
    }
    const { delivery, messages } = this.repetition;
    const place = packets.nextLate(delivery, messages.index);
    if (place < 0) this.repetition = undefined;
    else if (!messages.pass(packets.index(place))) {
      messages.next();
      packets.again(place, now);
      this.buffer.add(messages, packets.id(place), true);
    }
    if (packets.late === 0) this.repetition = undefined;
  }

  /** Of blocks of large readings one is open at a time: a second has no memory. */
  private putAside(): void {
    const { passage } = this;
    if (!passage?.messages.isLarge) return;
    this.aside = passage.delivery;
    this.asideAt = Math.max(this.asideAt, passage.messages.index);
    this.passage = undefined;
  }

  /** The block that was put aside, from its beginning: `advance` goes past what went out. */
  private takeUp(): Passage | undefined {
    const { aside } = this;
    this.aside = undefined;
    const passage = aside && this.passages.again(aside);
    if (passage === undefined) this.asideAt = 0;
    return passage;
  }

  /** The block of a late message. What is gone meanwhile is not waited for. */
  private again(): Passage | undefined {
    const { packets } = this;
    const delivery = packets.delivery(packets.nextLate())!;
    const passage = this.passages.again(delivery);
    if (passage !== undefined) return passage;
    for (let place = packets.nextLate(delivery); place >= 0; place = packets.nextLate(delivery))
      packets.free(place);
    return undefined;
  }

  /** A step towards the next message of the block at hand, or of the next block. @returns whether there was one */
  private advance(now: number): boolean {
    const { packets, deliveries } = this;
    const { waiting } = packets;
    if (waiting === mostWaiting || waiting - packets.stuck >= deliveries.pace.window) return false;
    this.passage ??= this.takeUp() ?? this.passages.next();
    if (this.passage === undefined) return false;
    const { delivery, messages } = this.passage;
    const { index } = messages;
    if (index < delivery.count) {
      if (!delivery.reaches(index)) return false;
      let next = Math.max(index, this.asideAt);
      while (next < delivery.count && delivery.has(next)) next++;
      if (next === index) this.make(this.passage, now);
      else if (!messages.pass(next)) delivery.count = index;
      if (messages.index >= this.asideAt || index === delivery.count) this.asideAt = 0;
    }
    if (messages.index >= delivery.count) {
      // Before the last of its acknowledgements can free the block: the next one is mapped behind it.
      const stream = delivery.stream!;
      deliveries.ended(stream.ring, messages.end, delivery.offset);
      this.passage = undefined;
      if (delivery.done) this.passages.settle(stream);
    }
    return true;
  }

  private make({ delivery, messages }: Passage, now: number): void {
    const { packets, buffer, host } = this;
    const { index } = messages;
    const { waiting } = packets;
    let place = -1;
    try {
      messages.next();
      place = packets.take(delivery, index, now);
      buffer.add(messages, packets.id(place), false);
    } catch (error) {
      if (place >= 0) packets.free(place);
      if (error instanceof MessageError) {
        host.log.repeating(
          'message',
          () => `cannot be published: ${error.message}, more than there is room for`,
        );
        delivery.acknowledge(index);
        return;
      }
      // Its check was right: there is nothing a repetition could mend.
      host.log.error(`block ${delivery.sequence} cannot be published: ${(error as Error).message}`);
      delivery.count = index;
      return;
    }
    // From now on the broker owes an acknowledgement.
    if (waiting === 0) this.acknowledgedAt = this.heardAt = now;
  }

  private look(): void {
    const { state, packets, deliveries } = this;
    const now = this.host.clock.now();
    const quiet = now - this.heardAt;
    if (state === 'dialling' && quiet > connectTime) this.close('the broker does not answer');
    else if (state === 'open' && quiet > patience) this.close('the broker is silent');
    else if (state === 'open' && packets.waiting > 0) {
      if (now - this.acknowledgedAt > longPatience) this.close('nothing is acknowledged');
      else if (packets.look(now, (tries) => deliveries.pace.patience(tries))) {
        deliveries.pace.lost();
        this.soon();
      }
    }
    if (this.state === 'open') this.ask(now);
    const { silence } = this;
    if (silence > 0 && this.state !== 'closed') this.owner.silent(silence);
  }

  /** A broker that only acknowledges late answers this, and one that hears nothing for long ends the connection. */
  private ask(now: number): void {
    const { silence, connection, buffer } = this;
    const since = now - this.askedAt;
    if (since < askAlways && (since < askAfter || silence < askAfter)) return;
    // Not within a packet.
    if (buffer.empty && connection.ping()) this.askedAt = now;
  }
}
