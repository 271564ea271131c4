import { describe, expect, test } from 'vitest';
import { type DecodedBlock, decodeBlock } from './decoder';
import { IntegerEncoder } from './integer-encoder';

describe('an integer block', () => {
  test('holds what was staged, at its times', () => {
    const blocks: Uint8Array[] = [];
    const encoder = new IntegerEncoder({
      boot: { counter: 12, random: 0x9f00c3a1 },
      stream: 3,
      period: { numerator: 25, denominator: 9 },
      target: 512,
      sink: { block: (bytes, length) => blocks.push(bytes.slice(0, length)) },
    });
    encoder.start(1000);
    const values: number[] = [];
    const times: number[] = [];
    let tick = 0;
    for (let index = 0; index < 5000; index += 1) {
      const value = Math.round(2000 + 100 * Math.sin(index / 20) + 8 * Math.sin(index * index)) | 0;
      const missed = index % 500 === 77 ? 3 : 0;
      const late = index % 91 === 5 ? index % 7 : 0;
      values.push(value);
      tick += missed;
      times.push(1000 + Math.ceil((tick * 25) / 9) + late);
      tick += 1;
      if (missed || late) encoder.slip(encoder.count, missed, late, 0);
      encoder.staged[encoder.count] = value;
      encoder.count += 1;
      if (encoder.count === encoder.capacity) encoder.flush();
    }
    encoder.seal();
    const decoded = blocks.map((block) => decodeBlock(block) as DecodedBlock);
    expect(decoded.flatMap((block) => [...block.values])).toEqual(values);
    expect(decoded.flatMap((block) => [...block.times().requested])).toEqual(times);
    expect(Math.max(...blocks.map((block) => block.length))).toBeLessThanOrEqual(512);
  });
});
