import { beforeEach, describe, expect, test } from 'vitest';
import type { CaptureFileMetadata } from '../../modules/block/file';
import { Live } from './live';

const minute = 60_000;
const metadata: CaptureFileMetadata = {
  part: 'a part',
  boot: { counter: 1, random: 2 },
  stream: 0,
  owner: 'part',
  resource: 'a:b/c',
  method: 'Analogs',
  parameters: {},
  kind: 'integer',
  period: { numerator: 10, denominator: 1 },
  tags: [],
};

let now: number;
let live: Live;
const add = (first: number, end = now, known = true) =>
  live.add(metadata, { known, offset: 7 }, Uint8Array.of(first, 0, 0, 0), end);
const firsts = (number: number, most = 1e6) =>
  live.from(number, most).blocks.map(({ bytes }) => Buffer.from(bytes, 'base64')[0]);

beforeEach(() => {
  now = 100 * minute;
  live = new Live({ now: () => now, window: 15 * minute, bytes: 4 * 3000 });
});

describe('the recent past', () => {
  test('is given by number, some at a time', () => {
    for (const first of [1, 2, 3]) add(first);
    expect(firsts(0, 2)).toEqual([1, 2]);
    expect(firsts(live.from(0, 2).next)).toEqual([3]);
    expect(live.from(live.end, 2)).toEqual({ blocks: [], next: 3 });
    expect(live.from(0, 1).blocks[0]).toMatchObject({ part: 'a part', offset: 7 });
  });

  test('forgets what came longer ago than its window', () => {
    add(1);
    now += 10 * minute;
    add(2);
    now += 6 * minute;
    expect(firsts(0)).toEqual([2]);
  });

  test('never keeps more bytes than it may, and keeps the newest', () => {
    for (let index = 0; index < 10_000; index++) add(index % 251);
    const { blocks, next } = live.from(0, 1e6);
    expect(blocks.length).toBe(3000);
    expect(next).toBe(10_000);
    expect(firsts(9_999)).toEqual([9_999 % 251]);
  });

  test('does not keep what cannot be plotted: too old, or of no known time', () => {
    add(1, now - 16 * minute);
    add(2, now, false);
    expect(live.end).toBe(0);
  });
});
