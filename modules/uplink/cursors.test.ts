import { expect, test } from 'vitest';
import type { Stream } from '../capture/collector';
import { BlockFrame } from './block-frame';
import { Cursors } from './cursors';

/** A stream whose ring holds the blocks `oldest` … `next` − 1, of 500 B; those of `damaged` cannot be read. */
function stream(number: number, oldest: number, next: number, damaged: number[] = []): Stream {
  const ring = {
    oldest,
    next,
    read: (sequence: number) => (damaged.includes(sequence) ? 0 : 500),
    acknowledge(upTo: number) {
      ring.oldest = Math.max(ring.oldest, upTo);
    },
  };
  return { number, ring } as unknown as Stream;
}

/** Frames that go out until block `sequence` of the first stream is sent, the blocks of each acknowledged at once. */
function framesUntil(sequence: number, streams: Stream[], limit: number): number {
  const cursors = new Cursors(1000);
  cursors.update(streams);
  cursors.aim(() => true);
  for (const cursor of cursors.list) cursor.declared = true;
  const frame = new BlockFrame(2048);
  for (let frames = 1; frames < 100; frames += 1) {
    frame.clear();
    cursors.fill(frame, limit);
    if (cursors.list[0]!.sent > sequence) return frames;
    for (const cursor of cursors.list) cursors.acknowledge(cursor, cursor.sent);
  }
  return Number.POSITIVE_INFINITY;
}

test.each([
  [1, 600],
  [1, 2048],
  [2, 1100],
  [6, 600],
  [6, 2048],
])('a stream whose oldest blocks were overwritten waits for no backlog of %d others', (others, limit) => {
  const backlogs = Array.from({ length: others }, (_, index) => stream(index + 2, 0, 5000));
  expect(framesUntil(5, [stream(1, 5, 8), ...backlogs], limit)).toBeLessThanOrEqual(2 * (others + 2));
});

test('a stream with a block that cannot be read waits for no backlog of another', () => {
  expect(framesUntil(1, [stream(1, 0, 3, [0]), stream(2, 0, 5000)], 2048)).toBeLessThanOrEqual(4);
});
