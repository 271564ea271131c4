import { expect, test } from 'vitest';
import { FrameReader, frame, u32 } from './frames';

const whole = Buffer.concat([frame('G', 12.5), frame('E', 7, u32(3), Buffer.from('abc')), frame('S')]);

test.each([1, 2, 5, 7, whole.length])('frames that come in pieces of %i bytes are whole again', (size) => {
  const reader = new FrameReader();
  const taken: [string, string][] = [];
  for (let from = 0; from < whole.length; from += size) {
    reader.add(whole.subarray(from, from + size));
    for (let next = reader.next(); next; next = reader.next())
      taken.push([next.type, next.bytes.toString('hex')]);
  }
  const [time, later] = [Buffer.alloc(8), Buffer.alloc(8)];
  time.writeDoubleLE(12.5);
  later.writeDoubleLE(7);
  expect(taken).toEqual([
    ['G', time.toString('hex')],
    ['E', `${later.toString('hex')}03000000616263`],
    ['S', ''],
  ]);
});
