/** Messages that wait for their acknowledgement in one connection, each in a place that its packet id names. */
import type { Delivery } from './deliveries';
import { mostWaiting } from './pace';

/** Ids end here: one for each place has room above. */
const lastId = 0xffff - mostWaiting;
/** `tries` of a message that has waited for too long. */
const overdue = 0x80;
const mostTries = 0x7f;

export class Packets {
  waiting = 0;
  /** Of those, to be sent again now; and those that were late once, which must not keep others from going out. */
  late = 0;
  stuck = 0;
  private readonly deliveries: (Delivery | undefined)[] = new Array(mostWaiting).fill(undefined);
  private readonly indexes = new Uint16Array(mostWaiting);
  /** A place has another id at each use: a message that went out twice may be acknowledged twice. */
  private readonly ids = new Uint16Array(mostWaiting);
  private readonly sentAt = new Float64Array(mostWaiting);
  /** How often each went out. */
  private readonly tries = new Uint8Array(mostWaiting);
  /** Where a place is looked for first: acknowledgements come in order. */
  private next = 0;

  /** A place for a message that goes out now; there must be one. */
  take(delivery: Delivery, index: number, now: number): number {
    const { deliveries, ids } = this;
    let place = this.next;
    while (deliveries[place] !== undefined) place = (place + 1) % mostWaiting;
    this.next = (place + 1) % mostWaiting;
    deliveries[place] = delivery;
    this.indexes[place] = index;
    const id = ids[place]!;
    ids[place] = id === 0 || id > lastId ? 1 + place : id + mostWaiting;
    this.sentAt[place] = now;
    this.tries[place] = 1;
    this.waiting++;
    return place;
  }

  /** From 1 on. */
  id(place: number): number {
    return this.ids[place]!;
  }

  /** The place of a message that waits; −1: none has that id. */
  find(id: number): number {
    const place = (id - 1) & (mostWaiting - 1);
    return this.ids[place] === id && this.deliveries[place] !== undefined ? place : -1;
  }

  delivery(place: number): Delivery | undefined {
    return this.deliveries[place];
  }

  index(place: number): number {
    return this.indexes[place]!;
  }

  /** When it went out; undefined: more than once. */
  sentOnceAt(place: number): number | undefined {
    return this.tries[place] === 1 ? this.sentAt[place] : undefined;
  }

  free(place: number): void {
    if (this.tries[place] !== 1) {
      this.stuck--;
      this.onTime(place);
    }
    this.deliveries[place] = undefined;
    this.waiting--;
  }

  /** The message goes out again. */
  again(place: number, now: number): void {
    this.onTime(place);
    this.sentAt[place] = now;
    this.tries[place] = Math.min(this.tries[place]! + 1, mostTries);
  }

  /** Marks what has waited for too long. @returns whether something has */
  look(now: number, patience: (tries: number) => number): boolean {
    const { deliveries, sentAt, tries, late } = this;
    for (let place = 0; place < mostWaiting; place++) {
      const times = tries[place]!;
      if (deliveries[place] && times < overdue && now - sentAt[place]! >= patience(times)) {
        tries[place] = times | overdue;
        this.late++;
        if (times === 1) this.stuck++;
      }
    }
    return this.late > late;
  }

  /** The place of the first late message: of any block, or of this one from `index` on; −1: there is none. */
  nextLate(of?: Delivery, index = 0): number {
    const { deliveries, tries, indexes } = this;
    let found = -1;
    for (let place = 0; place < mostWaiting; place++) {
      if (deliveries[place] === undefined || tries[place]! < overdue || indexes[place]! < index) continue;
      if (of !== undefined && deliveries[place] !== of) continue;
      if (found < 0 || indexes[place]! < indexes[found]!) found = place;
    }
    return found;
  }

  private onTime(place: number): void {
    if (this.tries[place]! < overdue) return;
    this.tries[place]! &= mostTries;
    this.late--;
  }
}
