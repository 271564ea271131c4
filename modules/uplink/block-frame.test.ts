import { expect, test } from 'vitest';
import { link } from '../../proto/link.js';
import { BlockFrame } from './block-frame';

test.each([
  [0, 1],
  [127, 128],
  [0xffff_ffff, 0xffff_ffff],
])('a gap of an earlier boot is read as it was meant (%i, %i)', (small, large) => {
  const frame = new BlockFrame(600);
  const boot = { counter: small, random: large };
  expect(frame.gap(small, large, 600)).toBe(true);
  expect(frame.gap(small, large, 600, boot)).toBe(true);
  const place = frame.place(600)!;
  place.fill(7, 0, 20);
  frame.took(20);
  const { gaps, blocks } = link.Envelope.decode(frame.bytes.subarray(0, frame.length));
  const [ours, earlier] = gaps.map(({ stream = 0, next, boot: of }) => ({ stream, next, boot: of }));
  expect(ours).toEqual({ stream: small, next: large, boot: undefined });
  expect({ counter: earlier?.boot?.counter ?? 0, random: earlier?.boot?.random }).toEqual(boot);
  expect(earlier).toMatchObject({ stream: small, next: large });
  expect(blocks).toEqual([new Uint8Array(20).fill(7)]);
});

test('a gap goes in only when the longest would fit', () => {
  const frame = new BlockFrame(600);
  const boot = { counter: 0xffff_ffff, random: 0xffff_ffff };
  for (let gaps = 0; frame.gap(0xffff_ffff, 0xffff_ffff, 100, boot); gaps++) expect(gaps).toBeLessThan(4);
  expect(frame.length).toBeLessThanOrEqual(100);
  expect(link.Envelope.decode(frame.bytes.subarray(0, frame.length)).gaps.length).toBe(3);
});
