/**
 * One connection to a broker: one message a reading, QoS 1.
 *
 * In: rings, and the socket's count of what it can take. Out: messages, acknowledgements to the rings. Holds: a block
 * is freed when the broker has acknowledged all its messages and those of the blocks before it; at most `window`
 * messages are on their way, and one block is decoded at a time; no block goes out before its time is known.
 */
import MQTTClient from 'embedded:network/mqtt/client';
import Timer from 'timer';
import { BlockError } from '../../block/block-error';
import { bootText } from '../../block/boot-text';
import { openBlock } from '../../block/opened-block';
import { Cursors } from '../cursors';
import type { LinkSession, SessionOwner } from '../link-session';
import type { Deliverable, UplinkHost } from '../uplink-host';
import { BlockMessages } from './block-messages';
import { type Broker, connect } from './broker';
import type { Mappings } from './mappings';

/** Messages that wait for their acknowledgement at most. */
const window = 32;
/** Bytes of a message that go out at once, when it has so many, and of a packet beside topic and message. */
const leastPart = 512;
const packetOverhead = 8;
/** ms after which no further message is begun in a turn: a sample waits for no more than this and one message. */
const slice = 1;
/** ms from dialling to the broker's word. */
const connectTime = 60_000;
/** ms without an acknowledgement while messages wait for one. */
const patience = 45_000;
const watchPeriod = 1_000;
/** ms of silence after which the broker is asked for a sign of life, each time. */
const askAfter = 3_000;
/** ms that the broker may take to let the part in before that counts as silence. */
const welcomeTime = 15_000;

/** A block of which messages are on their way. */
interface Flight {
  readonly stream: Deliverable;
  readonly sequence: number;
  /** Messages that are not acknowledged. */
  waiting: number;
  /** Whether all of its messages have gone out. */
  complete: boolean;
}

export class MqttSession implements LinkSession {
  state: 'dialling' | 'open' | 'closed' = 'dialling';
  readonly cursors = new Cursors(window);
  private readonly host: UplinkHost;
  private readonly broker: Broker;
  private readonly mappings: Mappings;
  private readonly owner: SessionOwner;
  private readonly client: MQTTClient;
  private readonly bytes = new Uint8Array(512);
  /** Of each packet id less one: the block whose message waits. */
  private readonly slots: (Flight | undefined)[] = new Array(window).fill(undefined);
  private waiting = 0;
  /** Oldest first. */
  private readonly flights: Flight[] = [];
  /** The block at hand. */
  private messages: BlockMessages | undefined;
  private flight: Flight | undefined;
  private offset: number | undefined;
  /** A message that the socket could not take whole. */
  private message: Uint8Array | undefined;
  private written = 0;
  private writable = 0;
  private turn = 0;
  private soonTimer: Timer | undefined;
  private heard: number;
  /** Of the last sign of life that is no acknowledgement, and of the last question for one. */
  private alive = 0;
  private asked = 0;
  private readonly watch: Timer;

  /** @throws AddressError */
  constructor(host: UplinkHost, broker: Broker, mappings: Mappings, owner: SessionOwner) {
    this.host = host;
    this.broker = broker;
    this.mappings = mappings;
    this.owner = owner;
    this.heard = host.clock.now();
    const session = this;
    this.client = connect(host, broker.address, {
      onWritable(count) {
        // A client that is closed while its host is resolved would bring the device down: here it is safe.
        if (session.state === 'closed') this.close();
        else session.onWritable(count);
      },
      onControl({ operation, id }) {
        session.alive = host.clock.now();
        if (operation === MQTTClient.PUBACK && session.state === 'open') session.onAcknowledged(id);
      },
      onError() {
        session.end('connection to the broker failed', false);
      },
    });
    this.watch = Timer.repeat(() => this.look(), watchPeriod);
  }

  get silence(): number {
    const { host, state, heard, alive, waiting } = this;
    const since = host.clock.now() - Math.max(heard, alive);
    if (state !== 'open') return Math.max(0, since - welcomeTime);
    return waiting > 0 ? since : 0;
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
    this.end(reason, this.state === 'open');
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

  private onAcknowledged(id: number | undefined): void {
    const slot = (id ?? 0) - 1;
    const flight = this.slots[slot];
    if (flight === undefined) return;
    this.slots[slot] = undefined;
    this.waiting--;
    this.heard = this.host.clock.now();
    flight.waiting--;
    this.settle(flight.stream);
    this.soon();
  }

  /** Frees what is acknowledged, in order. */
  private settle(stream: Deliverable): void {
    const { flights } = this;
    let freed = false;
    for (let index = 0; index < flights.length; ) {
      const flight = flights[index]!;
      if (flight.stream !== stream) {
        index++;
        continue;
      }
      if (!flight.complete || flight.waiting > 0) break;
      flights.splice(index, 1);
      this.cursors.acknowledge(stream, Math.max(flight.sequence + 1, stream.ring.oldest));
      freed = true;
    }
    if (freed) this.owner.progressed();
  }

  /** Messages for a slice of time, one at least; then what is due meanwhile goes first. */
  private pump(): void {
    const { clock } = this.host;
    const end = clock.now() + slice;
    while (this.state === 'open') {
      if (this.message === undefined) {
        if (this.waiting === window) return;
        const line = this.next();
        if (line === undefined) return;
        this.message = new Uint8Array(ArrayBuffer.fromString(line));
        this.written = 0;
      }
      if (!this.write(this.message)) return;
      this.message = undefined;
      if (clock.now() < end) continue;
      this.soon();
      return;
    }
  }

  /** @returns whether all of it has been written; else the socket will tell when it can take more */
  private write(message: Uint8Array): boolean {
    const { topic } = this.broker;
    const { written } = this;
    const left = message.length - written;
    const room = this.writable - (written === 0 ? topic.length + packetOverhead : 0);
    if (room < Math.min(left, leastPart)) return false;
    const part = message.subarray(written, written + Math.min(left, room));
    if (written > 0) this.writable = this.client.write(part);
    else {
      const slot = this.slots.indexOf(undefined);
      this.slots[slot] = this.flight;
      this.flight!.waiting++;
      if (this.waiting++ === 0) this.heard = this.host.clock.now();
      this.writable = this.client.write(part, {
        topic,
        QoS: 1,
        id: slot + 1,
        byteLength: message.length,
      });
    }
    this.written = written + part.length;
    return this.written === message.length;
  }

  /** The next message of the block at hand, or of the next block. */
  private next(): string | undefined {
    for (;;) {
      if (this.messages === undefined && !this.open()) return undefined;
      const { messages, flight, offset } = this;
      let line: string | undefined;
      try {
        line = messages!.next();
      } catch (error) {
        // Its check was right: there is nothing a repetition could mend.
        this.host.log.error(`block ${flight!.sequence} cannot be published: ${(error as Error).message}`);
      }
      if (line !== undefined) return line;
      const { stream } = flight!;
      this.mappings.ended(stream.ring, messages!.end, offset);
      this.messages = undefined;
      flight!.complete = true;
      this.settle(stream);
    }
  }

  /** Takes the next block in hand, each stream in turn. @returns false when there is none */
  private open(): boolean {
    const { streams } = this.cursors;
    for (let looked = 0; looked < streams.length; looked++) {
      this.turn = (this.turn + 1) % streams.length;
      const stream = streams[this.turn]!;
      while (this.mayGo(stream)) {
        const sequence = this.cursors.take(stream);
        if (sequence < 0) break;
        if (this.openBlock(stream, sequence)) return true;
      }
    }
    return false;
  }

  /** Of an earlier boot nothing more will become known; of this one the time will be. */
  private mayGo({ boot }: Deliverable): boolean {
    return boot !== undefined || this.host.clock.wall.source !== 'unknown';
  }

  private openBlock(stream: Deliverable, sequence: number): boolean {
    const { host, broker, mappings } = this;
    const { ring, number, declaration, boot, clock } = stream;
    const flight: Flight = { stream, sequence, waiting: 0, complete: false };
    this.flights.push(flight);
    const length = ring.read(sequence, this.bytes);
    const block = length > 0 ? openBlock(this.bytes, 0, length) : undefined;
    if (block === undefined || block instanceof BlockError) {
      // Gone, which the ring counts.
      flight.complete = true;
      this.settle(stream);
      return false;
    }
    const messages = new BlockMessages(block);
    const wall = boot === undefined ? host.clock.wall : clock;
    const offset = wall && wall.source !== 'unknown' ? wall.offset : undefined;
    this.offset = mappings.of(ring, sequence, messages.start, offset);
    const { part } = host.identity;
    const { identity, tags } = declaration.plan;
    const name = `${part}/${bootText(boot ?? host.identity.boot)}/${number}/${sequence}`;
    const { owner, resource, method, parameters } = identity;
    messages.describe({ part, owner, resource, method, parameters, tags }, broker.appId, name, this.offset);
    this.messages = messages;
    this.flight = flight;
    return true;
  }

  private look(): void {
    const { state, heard, waiting, silence } = this;
    const now = this.host.clock.now();
    if (state === 'dialling' && now - heard > connectTime) this.end('the broker does not answer', false);
    else if (state === 'open' && waiting > 0 && now - heard > patience)
      this.end('nothing is acknowledged', true);
    else if (silence > 0) {
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
    if (hangUp) this.client.close();
    this.owner.ended(reason, 0);
  }
}
