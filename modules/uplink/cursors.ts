/** Which block of which stream is sent next: each stream in turn, within the window. */
import type { BootId } from '../block/types';
import type { Deliverable } from '../device/earlier-streams';
import type { BlockFrame } from './block-frame';

/** How far one stream has come in this session. */
export interface Cursor {
  readonly stream: Deliverable;
  declared: boolean;
  /** Every block below is sent, acknowledged, or gone. */
  sent: number;
  acknowledged: number;
  /** This sync goes up to here. */
  target: number;
}

export class Cursors {
  readonly list: Cursor[] = [];
  private turn = 0;
  private readonly mostUnacknowledged: number;

  /** @param mostUnacknowledged blocks of all streams together */
  constructor(mostUnacknowledged: number) {
    this.mostUnacknowledged = mostUnacknowledged;
  }

  /** Takes in new streams, and lets go of those that are no longer there. */
  update(streams: readonly Deliverable[]): void {
    const { list } = this;
    for (let i = list.length - 1; i >= 0; i--) {
      if (!streams.includes(list[i]!.stream)) list.splice(i, 1);
    }
    for (const stream of streams) {
      if (list.some((cursor) => cursor.stream === stream)) continue;
      // As if the gateway knew nothing: what it knows it says in `Resume`, and a gap says the rest.
      list.push({ stream, declared: false, sent: 0, acknowledged: 0, target: 0 });
    }
  }

  /** Sends what is there now, of the streams that `may` go. */
  aim(may: (stream: Deliverable) => boolean): void {
    for (const cursor of this.list) if (may(cursor.stream)) cursor.target = cursor.stream.ring.next;
  }

  /** Whether all of this sync is acknowledged. */
  get done(): boolean {
    for (const { acknowledged, target, stream } of this.list) {
      if (Math.max(acknowledged, stream.ring.oldest) < target) return false;
    }
    return true;
  }

  /** Blocks sent and not acknowledged. */
  get unacknowledged(): number {
    let sum = 0;
    for (const { sent, acknowledged } of this.list) sum += sent - acknowledged;
    return sum;
  }

  /** @param boot an earlier one; none: the session's */
  find(number: number, boot?: BootId): Cursor | undefined {
    for (const cursor of this.list) {
      const { stream } = cursor;
      if (stream.number === number && isSame(stream.boot, boot)) return cursor;
    }
    return undefined;
  }

  /** Every block below `next` is durable on the gateway: frees them. More than was ever there is nobody's to free. */
  acknowledge(cursor: Cursor, next: number): boolean {
    const { ring, boot } = cursor.stream;
    // Of an earlier boot the gateway may have blocks that never came to flash.
    if (next > ring.next && boot === undefined) return false;
    const upTo = Math.min(next, ring.next);
    if (upTo > cursor.acknowledged) cursor.acknowledged = upTo;
    if (upTo > cursor.sent) cursor.sent = upTo;
    ring.acknowledge(upTo);
    return true;
  }

  /**
   * Fills a frame with what is next, up to `limit` bytes.
   * @returns a stream that must be declared first, if there is one; the frame then holds what precedes it
   */
  fill(frame: BlockFrame, limit: number): Cursor | undefined {
    const { list } = this;
    let room = this.mostUnacknowledged - this.unacknowledged;
    let idle = 0;
    while (room > 0 && idle < list.length) {
      this.turn = (this.turn + 1) % list.length;
      const cursor = list[this.turn]!;
      const { ring } = cursor.stream;
      if (cursor.sent >= cursor.target) {
        idle++;
        continue;
      }
      if (!cursor.declared) {
        this.stepBack();
        return cursor;
      }
      if (ring.oldest > cursor.sent) {
        if (frame.blocks > 0 || !frame.gap(cursor.stream.number, ring.oldest, limit, cursor.stream.boot))
          return this.stepBack();
        cursor.acknowledged = cursor.sent = ring.oldest;
        continue;
      }
      const place = frame.place(limit);
      if (place === undefined) return this.stepBack();
      const length = ring.read(cursor.sent, place);
      if (length === 0) {
        // Unreadable, or overwritten this moment: the next turn begins with a gap.
        if (frame.blocks > 0 || !frame.gap(cursor.stream.number, cursor.sent + 1, limit, cursor.stream.boot))
          return this.stepBack();
        cursor.sent++;
        cursor.acknowledged = Math.max(cursor.acknowledged, cursor.sent);
        continue;
      }
      frame.took(length);
      cursor.sent++;
      room--;
      idle = 0;
    }
    return undefined;
  }

  /** The next frame begins with the stream whose turn it is: others would fill it before its gap, for ever. */
  private stepBack(): undefined {
    this.turn += this.list.length - 1;
  }
}

function isSame(a: BootId | undefined, b: BootId | undefined): boolean {
  return a?.counter === b?.counter && a?.random === b?.random;
}
