/**
 * Blocks on their way to a broker: how each was mapped to wall time, and which of its messages are acknowledged.
 *
 * Holds: a block is mapped once, before it is first published, so that a repetition is the same; what was acknowledged
 * stays so until the block is freed. It outlives connections, not restarts.
 */
import type { Ring } from '../../ring/ring';
import type { Deliverable } from '../uplink-host';
import { Pace } from './pace';
import { Rivals } from './rivals';

/** Messages behind the first that is not acknowledged, of which is known whether they are. */
const reach = 1_024;

export class Delivery {
  readonly sequence: number;
  /** wall − monotonic, ms; undefined: the boot never knew. */
  readonly offset: number | undefined;
  /** Its messages. */
  count: number;
  /** All messages below are acknowledged. */
  below = 0;
  /** Whose block it is, in the session that has taken it in hand; undefined: none has yet. */
  stream: Deliverable | undefined;
  /** A bit for each of the messages behind `below`, by index modulo `reach`; allocated when one overtakes another. */
  private beyond: Uint32Array | undefined;

  constructor(sequence: number, count: number, offset: number | undefined) {
    this.sequence = sequence;
    this.count = count;
    this.offset = offset;
  }

  get done(): boolean {
    return this.below >= this.count;
  }

  /** Whether the message may go out: a later one would have no place among the acknowledged. */
  reaches(index: number): boolean {
    return index < this.below + reach;
  }

  has(index: number): boolean {
    if (index < this.below) return true;
    const { beyond } = this;
    return (
      beyond !== undefined && this.reaches(index) && ((beyond[wordOf(index)]! >>> (index & 31)) & 1) === 1
    );
  }

  acknowledge(index: number): void {
    if (index === this.below) {
      this.below++;
      if (this.beyond === undefined) return;
      while (this.has(this.below)) {
        this.flip(this.below);
        this.below++;
      }
      return;
    }
    if (this.has(index)) return;
    this.beyond ??= new Uint32Array(reach >> 5);
    this.flip(index);
  }

  private flip(index: number): void {
    this.beyond![wordOf(index)]! ^= 1 << (index & 31);
  }
}

function wordOf(index: number): number {
  return (index % reach) >> 5;
}

/** Of one stream, oldest first. */
class StreamDeliveries {
  readonly list: Delivery[] = [];
  /** Wall time of the last reading that was mapped. */
  end = Number.NEGATIVE_INFINITY;
}

export class Deliveries {
  readonly pace = new Pace();
  readonly rivals = new Rivals();
  /** Which stream's turn it was: a stream that ends every connection must not always be the first. */
  turn = 0;
  private readonly streams = new Map<Ring, StreamDeliveries>();

  /** A new connection: nothing is in hand. Forgets streams that are no more. */
  restart(rings: readonly Ring[]): void {
    for (const [ring, { list }] of this.streams) {
      if (!rings.includes(ring)) this.streams.delete(ring);
      for (const delivery of list) delivery.stream = undefined;
    }
  }

  /** Blocks that are in hand: of one ring, or of all. */
  inHand(ring?: Ring): number {
    let count = 0;
    for (const [of, { list }] of this.streams) {
      if (ring !== undefined && of !== ring) continue;
      leaveOverwritten(of, list);
      for (const delivery of list) if (delivery.stream !== undefined) count++;
    }
    return count;
  }

  find(ring: Ring, sequence: number): Delivery | undefined {
    return this.of(ring).list.find((delivery) => delivery.sequence === sequence);
  }

  /**
   * A block that was not on its way: mapped by `clock`, so that stamps grow within the stream.
   * @param start monotonic ms of its first reading
   */
  begin(ring: Ring, sequence: number, count: number, start: number, clock: number | undefined): Delivery {
    const stream = this.of(ring);
    const offset =
      clock === undefined ? undefined : Math.max(Math.round(clock), Math.floor(stream.end - start) + 1);
    const delivery = new Delivery(sequence, count, offset);
    stream.list.push(delivery);
    return delivery;
  }

  /** The last reading of a block that was mapped by `offset` was received at monotonic `end`. */
  ended(ring: Ring, end: number, offset: number | undefined): void {
    const stream = this.of(ring);
    if (offset !== undefined) stream.end = Math.max(stream.end, end + offset);
  }

  /** Forgets the blocks that can be freed. @returns the sequence number up to which; undefined: there are none */
  settle(ring: Ring): number | undefined {
    const { list } = this.of(ring);
    let upTo: number | undefined;
    while (list.length > 0 && list[0]!.done) upTo = list.shift()!.sequence + 1;
    return upTo;
  }

  /** What the ring has overwritten is left out. */
  private of(ring: Ring): StreamDeliveries {
    let stream = this.streams.get(ring);
    if (stream === undefined) {
      stream = new StreamDeliveries();
      this.streams.set(ring, stream);
    }
    leaveOverwritten(ring, stream.list);
    return stream;
  }
}

/** What the ring has no more is waited for by nobody. */
function leaveOverwritten({ oldest }: Ring, list: Delivery[]): void {
  while (list.length > 0 && list[0]!.sequence < oldest) list.shift();
}
