import { expect, test } from 'vitest';
import { type KnownStream, knownStreams } from './choose';
import type { Door } from './door';

test('more streams than the door tells of in one answer are asked for in pages', async () => {
  const all = Array.from({ length: 25_000 }, (_, index) => ({ part: 'shed', stream: `s${index}` }));
  const asked: unknown[] = [];
  const door = {
    ask: async (_path: string, { limit, offset }: { limit: number; offset: number }) => {
      asked.push([limit, offset]);
      return { text: JSON.stringify(all.slice(offset, offset + limit)), now: 7 };
    },
  };
  const { streams, now } = await knownStreams(door as unknown as Door, {});
  expect([streams as Partial<KnownStream>[], now]).toEqual([all, 7]);
  expect(asked).toEqual([
    [10_000, 0],
    [10_000, 10_000],
    [10_000, 20_000],
  ]);
});
