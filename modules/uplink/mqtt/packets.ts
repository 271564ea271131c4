/** Messages that wait for their acknowledgement in one connection, each in a place that its packet id names. */
import type { Delivery } from './deliveries';
import { mostWaiting } from './pace';

/** Uses of a place until its ids begin anew, below 65,536. */
const uses = 1_023;

export class Packets {
  waiting = 0;
  /** Of those, to be sent again now; and those that were late once, which must not keep others from going out. */
  late = 0;
  stuck = 0;
  private readonly deliveries: (Delivery | undefined)[] = new Array(mostWaiting).fill(undefined);
  private readonly indexes = new Uint16Array(mostWaiting);
  /** A place has another id at each use: a message that went out twice may be acknowledged twice. */
  private readonly used = new Uint16Array(mostWaiting);
  private readonly sentAt = new Float64Array(mostWaiting);
  private readonly tries = new Uint8Array(mostWaiting);
  private readonly overdue = new Uint8Array(mostWaiting);

  /** A place for a message that goes out now. */
  take(delivery: Delivery, index: number, now: number): number {
    const place = this.deliveries.indexOf(undefined);
    this.deliveries[place] = delivery;
    this.indexes[place] = index;
    this.used[place] = (this.used[place]! + 1) % uses;
    this.sentAt[place] = now;
    this.tries[place] = 1;
    this.waiting++;
    return place;
  }

  /** From 1 on. */
  id(place: number): number {
    return 1 + place + mostWaiting * ((this.used[place]! + uses - 1) % uses);
  }

  /** The place of a message that waits; −1: none has that id. */
  find(id: number): number {
    const place = (id - 1) & (mostWaiting - 1);
    return id > 0 && this.deliveries[place] !== undefined && this.id(place) === id ? place : -1;
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

  isLate(place: number): boolean {
    return this.overdue[place] === 1;
  }

  free(place: number): void {
    if (this.isLate(place) || this.tries[place]! > 1) this.stuck--;
    this.onTime(place);
    this.deliveries[place] = undefined;
    this.waiting--;
  }

  /** The message goes out again. */
  again(place: number, now: number): void {
    this.onTime(place);
    this.sentAt[place] = now;
    this.tries[place] = Math.min(this.tries[place]! + 1, 255);
  }

  /** Marks what has waited for too long. @returns whether something has */
  look(now: number, patience: (tries: number) => number): boolean {
    const { deliveries, overdue, sentAt, tries, late } = this;
    for (let place = 0; place < mostWaiting; place++)
      if (deliveries[place] && overdue[place] === 0 && now - sentAt[place]! >= patience(tries[place]!)) {
        overdue[place] = 1;
        this.late++;
        if (tries[place] === 1) this.stuck++;
      }
    return this.late > late;
  }

  /** The place of the first late message: of any block, or of this one from `index` on; −1: there is none. */
  nextLate(of?: Delivery, index = 0): number {
    const { deliveries, overdue, indexes } = this;
    let found = -1;
    for (let place = 0; place < mostWaiting; place++) {
      if (overdue[place] === 0 || indexes[place]! < index) continue;
      if (of !== undefined && deliveries[place] !== of) continue;
      if (found < 0 || indexes[place]! < indexes[found]!) found = place;
    }
    return found;
  }

  private onTime(place: number): void {
    if (this.overdue[place] === 0) return;
    this.overdue[place] = 0;
    this.late--;
  }
}
