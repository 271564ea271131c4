import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { NameSet } from './name-set';
import { NameTable } from './name-table';

const scope = fc.constantFrom('a', 'b', 'c');
const number = fc.oneof(fc.nat(100), fc.constantFrom(0xffff_fffe, 0xffff_ffff));

describe('the set of names', () => {
  test('has what a set of texts has', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(scope, number), { maxLength: 300 }), (added) => {
        const names = new NameSet(new Uint8Array(16));
        const model = new Set<string>();
        for (const [of, value] of added) {
          names.add(of, value);
          model.add(`${of}/${value}`);
        }
        for (const of of ['a', 'b', 'c']) {
          for (const value of [...Array(103).keys(), 0xffff_fffe, 0xffff_ffff])
            expect(names.has(of, value)).toBe(model.has(`${of}/${value}`));
          for (const count of [0, 1, 31, 32, 33, 100])
            expect(names.hasAny(of, count)).toBe(
              [...Array(count).keys()].some((n) => model.has(`${of}/${n}`)),
            );
        }
      }),
    );
  });

  test('needs one entry for what comes without gaps, in whatever order', () => {
    const names = new NameSet(new Uint8Array(16));
    for (let index = 0; index < 1000; index += 2) names.add('block', index);
    expect(names.table.size).toBe(1 + 32);
    for (let index = 999; index > 0; index -= 2) names.add('block', index);
    expect(names.table.size).toBe(1);
  });

  test('takes 20 to 24 B a single name', () => {
    const names = new NameSet(new Uint8Array(16));
    const count = 100_000;
    for (let index = 0; index < count; index++) names.add(`part/1-1/0/${index}`, index % 7);
    expect(names.table.bytes / count).toBeLessThan(25);
    expect(names.table.bytes / count).toBeGreaterThanOrEqual(20);
  });
});

test('the table has what a map has', () => {
  const word = fc.nat(3).map((value) => value * 0x4000_0000);
  const operation = fc.record({ key: fc.record({ a: fc.nat(1), b: word, c: fc.nat(40) }), value: fc.nat(3) });
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 400 }), (operations) => {
      const table = new NameTable();
      const model = new Map<string, number>();
      const text = ({ a, b, c }: { a: number; b: number; c: number }) => `${a} ${b} ${c}`;
      for (const { key, value } of operations) {
        if (value === 0) {
          table.delete(key);
          model.delete(text(key));
        } else {
          table.set(key, value);
          model.set(text(key), value);
        }
      }
      expect(table.size).toBe(model.size);
      const copy = new NameTable();
      copy.load(0, table.entries(0));
      for (const { key } of operations) {
        expect(table.get(key)).toBe(model.get(text(key)) ?? 0);
        expect(copy.get(key)).toBe(model.get(text(key)) ?? 0);
      }
    }),
  );
});
