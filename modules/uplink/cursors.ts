/** Which block of which stream is sent next: each stream in turn, within the window. */
import type { BootId } from '../block/types';
import type { BlockFrame } from './block-frame';
import type { Deliverable } from './uplink-host';

// How far a stream has come in this session, in words of `progress`.
/** Every block below is sent, acknowledged, or gone. */
const sent = 0;
const acknowledged = 1;
/** This sync goes up to here. */
const target = 2;
const declared = 3;
const words = 4;

export class Cursors {
  /** In the order of their turns. */
  streams: readonly Deliverable[] = [];
  private progress = new Uint32Array(0);
  private turn = 0;
  private readonly mostUnacknowledged: number;

  /** @param mostUnacknowledged blocks of all streams together */
  constructor(mostUnacknowledged: number) {
    this.mostUnacknowledged = mostUnacknowledged;
  }

  /** Takes in new streams, and lets go of those that are no longer there. */
  update(streams: readonly Deliverable[]): void {
    const { streams: before, progress: former } = this;
    if (streams.length === before.length && streams.every((stream, index) => stream === before[index]))
      return;
    // A new stream begins as if the gateway knew nothing: what it knows it says in `Resume`, and a gap says the rest.
    const progress = new Uint32Array(words * streams.length);
    for (let index = 0; index < streams.length; index++) {
      const from = words * before.indexOf(streams[index]!);
      if (from >= 0) progress.set(former.subarray(from, from + words), words * index);
    }
    this.streams = streams;
    this.progress = progress;
  }

  /** Sends what is there now, of the streams that `may` go. */
  aim(may: (stream: Deliverable) => boolean): void {
    const { streams, progress } = this;
    for (let index = 0; index < streams.length; index++) {
      const stream = streams[index]!;
      if (may(stream)) progress[words * index + target] = stream.ring.next;
    }
  }

  /** Whether all of this sync is acknowledged. */
  get done(): boolean {
    const { streams, progress } = this;
    for (let index = 0; index < streams.length; index++) {
      const at = words * index;
      const upTo = progress[at + target]!;
      if (progress[at + acknowledged]! < upTo && streams[index]!.ring.oldest < upTo) return false;
    }
    return true;
  }

  /** Blocks sent and not acknowledged. */
  get unacknowledged(): number {
    const { progress } = this;
    let sum = 0;
    for (let at = 0; at < progress.length; at += words)
      sum += progress[at + sent]! - progress[at + acknowledged]!;
    return sum;
  }

  /** @param boot an earlier one; none: the session's */
  find(number: number, boot?: BootId): Deliverable | undefined {
    return this.streams.find((stream) => stream.number === number && isSame(stream.boot, boot));
  }

  /** Every block below `next` is durable on the gateway: frees them. More than was ever there is nobody's to free. */
  acknowledge(stream: Deliverable, next: number): boolean {
    const { ring, boot } = stream;
    // Of an earlier boot the gateway may have blocks that never came to flash.
    if (next > ring.next && boot === undefined) return false;
    const upTo = Math.min(next, ring.next);
    const at = words * this.streams.indexOf(stream);
    if (at >= 0) this.pass(at, upTo);
    ring.acknowledge(upTo);
    return true;
  }

  /** The stream has been declared in this session. */
  declare(stream: Deliverable): void {
    this.progress[words * this.streams.indexOf(stream) + declared] = 1;
  }

  /** Takes the next block of a stream that is due. @returns its sequence number, −1: there is none */
  take(stream: Deliverable): number {
    const at = words * this.streams.indexOf(stream);
    if (at < 0) return -1;
    const { progress } = this;
    const next = Math.max(progress[at + sent]!, stream.ring.oldest);
    if (next >= progress[at + target]!) return -1;
    progress[at + sent] = next + 1;
    return next;
  }

  /**
   * Fills a frame with what is next, up to `limit` bytes.
   * @returns a stream that must be declared first, if there is one; the frame then holds what precedes it
   */
  fill(frame: BlockFrame, limit: number): Deliverable | undefined {
    const { streams, progress } = this;
    let room = this.mostUnacknowledged - this.unacknowledged;
    let idle = 0;
    while (room > 0 && idle < streams.length) {
      this.turn = (this.turn + 1) % streams.length;
      const at = words * this.turn;
      const stream = streams[this.turn]!;
      const { ring, number, boot } = stream;
      const next = progress[at + sent]!;
      if (next >= progress[at + target]!) {
        idle++;
        continue;
      }
      if (progress[at + declared] === 0) {
        this.stepBack();
        return stream;
      }
      if (ring.oldest > next) {
        if (frame.blocks > 0 || !frame.gap(number, ring.oldest, limit, boot)) return this.stepBack();
        this.pass(at, ring.oldest);
        continue;
      }
      const place = frame.place(limit);
      if (place === undefined) return this.stepBack();
      const length = ring.read(next, place);
      if (length === 0) {
        // Unreadable, or overwritten this moment: the next turn begins with a gap.
        if (frame.blocks > 0 || !frame.gap(number, next + 1, limit, boot)) return this.stepBack();
        this.pass(at, next + 1);
        continue;
      }
      frame.took(length);
      progress[at + sent] = next + 1;
      room--;
      idle = 0;
    }
    return undefined;
  }

  /** Nothing below `upTo` is waited for. */
  private pass(at: number, upTo: number): void {
    const { progress } = this;
    if (upTo > progress[at + acknowledged]!) progress[at + acknowledged] = upTo;
    if (upTo > progress[at + sent]!) progress[at + sent] = upTo;
  }

  /** The next frame begins with the stream whose turn it is: others would fill it before its gap, for ever. */
  private stepBack(): undefined {
    this.turn += this.streams.length - 1;
  }
}

function isSame(a: BootId | undefined, b: BootId | undefined): boolean {
  return a?.counter === b?.counter && a?.random === b?.random;
}
