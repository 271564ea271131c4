import { expect, test } from 'vitest';
import { DecodedBlock, decodeBlock } from './decoder';
import { OpenedBlock, openBlock, timesOf } from './opened-block';
import { vectors } from './vectors.node.js';

test.each([1, 7, 64])(
  'In portions of %d a block has the readings and times it has as a whole',
  (capacity) => {
    let portions = 0;
    for (const { blocks } of vectors())
      for (const bytes of blocks) {
        const whole = decodeBlock(bytes);
        const opened = openBlock(bytes);
        if (!(whole instanceof DecodedBlock && opened instanceof OpenedBlock)) throw new Error('no block');
        const column = opened.column(capacity);
        const requested = new Float64Array(capacity);
        const received = new Float64Array(capacity);
        const times = timesOf(opened, opened.slips(), requested, received);
        const values: unknown[] = [];
        const stamps: number[][] = [];
        for (const filled of opened.portions(column)) {
          expect(times.next().value).toBe(filled);
          values.push(...Array.from(column).slice(0, filled));
          for (let index = 0; index < filled; index += 1) stamps.push([requested[index]!, received[index]!]);
          portions += 1;
        }
        expect(opened.damage).toBeUndefined();
        expect(values).toEqual([...whole.values]);
        expect(stamps).toEqual([...whole.readings()].map((row) => [row.requested, row.received]));
      }
    expect(portions).toBeGreaterThan(100);
  },
);
