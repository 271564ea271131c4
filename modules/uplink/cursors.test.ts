import { expect, test } from 'vitest';
import type { Stream } from '../capture/collector';
import { BlockFrame } from './block-frame';
import { Cursors } from './cursors';

/** `sent`: every block below has been read. */
type TestStream = Stream & { ring: { sent: number } };

/** A stream whose ring holds the blocks `oldest` … `next` − 1, of 500 B; those of `damaged` cannot be read. */
function stream(number: number, oldest: number, next: number, damaged: number[] = []): TestStream {
  const ring = {
    oldest,
    next,
    sent: 0,
    read(sequence: number) {
      if (damaged.includes(sequence)) return 0;
      ring.sent = sequence + 1;
      return 500;
    },
    acknowledge(upTo: number) {
      ring.oldest = Math.max(ring.oldest, upTo);
    },
  };
  return { number, ring } as unknown as TestStream;
}

/** Frames that go out until block `sequence` of the first stream is sent, the blocks of each acknowledged at once. */
function framesUntil(sequence: number, streams: TestStream[], limit: number): number {
  const cursors = new Cursors(1000);
  cursors.update(streams);
  cursors.aim(() => true);
  for (const each of streams) cursors.declare(each);
  const frame = new BlockFrame(2048);
  for (let frames = 1; frames < 100; frames += 1) {
    frame.clear();
    cursors.fill(frame, limit);
    if (streams[0]!.ring.sent > sequence) return frames;
    for (const each of streams) cursors.acknowledge(each, each.ring.sent);
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
