import { describe, expect, test } from 'vitest';
import type { CapturedBlock } from '../../../modules/block/file';
import { blockOf, metadataOf } from '../../inbox/test-arrivals';
import { encodeHead, encodeMark, encodeRecord, headCheck } from './day-file';
import { keptOf } from './tail';

/** What stays, as text, and which entries are in it. */
function kept(tail: string, ...entries: string[]) {
  const bytes = Buffer.from(tail);
  const of = keptOf(
    bytes,
    'lines',
    entries.map((entry) => Buffer.from(`${entry}\n`)),
  );
  return [bytes.subarray(0, of.bytes).toString(), [...of.entries]];
}

describe('of lines', () => {
  test('the batch’s own are written anew, whole or torn', () => {
    expect(kept('one\ntwo\nthr', 'one', 'two', 'three')).toEqual(['', []]);
    expect(kept('one\n\0\0o\nth\0\0e\n\0\0', 'one', 'two', 'three')).toEqual(['', []]);
    expect(kept('o?e\ntwo\n', 'one', 'two')).toEqual(['', []]);
    expect(kept('one\n???\nthree', 'one', 'two', 'three', 'four')).toEqual(['', []]);
    expect(kept('one\n????\nthree', 'one', 'two', 'three', 'four')).toEqual(['one\n????\n', [0]]);
  });

  test('what is somebody else’s stays, with the batch’s before it', () => {
    expect(kept('hers\n', 'one')).toEqual(['hers\n', []]);
    expect(kept('one\nhers\ntwo\nth', 'one', 'two', 'three')).toEqual(['one\nhers\n', [0]]);
    expect(kept('one\nhers\ntwo\nhers', 'one', 'two', 'three')).toEqual(['one\nhers\ntwo\nhers', [0, 1]]);
    expect(kept('o?e\ntwo\nhers\n', 'one', 'two')).toEqual(['o?e\ntwo\nhers\n', [1]]);
    expect(kept('hers\no?e\ntwo\nthree\nfo', 'one', 'two', 'three', 'four')).toEqual(['hers\n', []]);
  });

  test('the same line twice is two', () => {
    expect(kept('hers\none\none\nhers\n', 'one', 'one', 'one')).toEqual(['hers\none\none\nhers\n', [0, 1]]);
  });

  test('many lines that are the same, behind one that is torn, take no long time', () => {
    const same = Array.from({ length: 50_000 }, () => 'same');
    const begun = performance.now();
    expect(kept(`??\n${same.join('\n')}\nhers`, 'first', ...same)[1]).toHaveLength(50_000);
    expect(performance.now() - begun).toBeLessThan(2_000);
  });
});

describe('of blocks', () => {
  const headOf = (stream: number) => encodeHead({ ...metadataOf('device', stream), main: 'main' } as never);
  const head = headOf(0);
  const mark = encodeMark(headCheck(head), 1);
  const record = (sequence: number, stream = 0) => encodeRecord(blockOf(stream, sequence) as CapturedBlock);
  const records = [record(0), record(1), record(2)];
  const openings = { sections: [head, mark] };

  /** The same with bytes that are no section's. */
  function holed(bytes: Uint8Array, at: number): Buffer {
    return Buffer.concat([bytes.subarray(0, at), Buffer.from('????'), bytes.subarray(at + 4)]);
  }

  function of(...tail: Uint8Array[]) {
    const bytes = Buffer.concat(tail);
    const { bytes: length, entries } = keptOf(bytes, 'blocks', records, openings);
    return { cut: bytes.length - length, entries: [...entries] };
  }

  test('the batch’s own are written anew, whole or torn', () => {
    const own = [head, mark, ...records];
    const size = Buffer.concat(own).length;
    for (let cut = 1; cut < size; cut++) {
      const torn = Buffer.concat(own).subarray(0, size - cut);
      expect(of(torn)).toEqual({ cut: torn.length, entries: [] });
    }
  });

  test('a torn one behind others with marks of their own is cut with them, so that all come in order', () => {
    const torn = record(2).subarray(0, 40);
    const { cut } = of(head, mark, holed(record(0), 30), mark, record(1), mark, torn);
    expect(cut).toBe(mark.length + record(1).length + mark.length + torn.length);
  });

  test('somebody else’s stay whole, whatever their last byte is', () => {
    const foreignHead = headOf(7);
    const foreignMark = encodeMark(headCheck(foreignHead), 2);
    const first = [head, mark, record(0)];
    const lastBytes = new Set<number>();
    const block = blockOf(7, 3);
    for (let offset = 0; offset < 5_000 && lastBytes.size < 256; offset++) {
      const foreign = encodeRecord({ ...block, mapping: { known: true, offset } });
      lastBytes.add(foreign.at(-1)!);
      expect(of(...first, foreignHead, foreignMark, foreign)).toEqual({ cut: 0, entries: [0] });
    }
    expect(lastBytes).toContain(0);
    expect(lastBytes).toContain(record(1)[0]);
    // The head that stands there whole is not the batch's.
    expect(of(...first, Buffer.from('?'), foreignHead, Buffer.alloc(3))).toEqual({ cut: 3, entries: [0] });
  });

  test('one whose head is torn is not there', () => {
    expect(of(holed(head, 20), mark, record(0), Buffer.from('?'))).toEqual({ cut: 0, entries: [0] });
    const bytes = Buffer.concat([holed(head, 20), mark, record(0), Buffer.from('?')]);
    const none = { ...openings, heads: new Set<number>() };
    expect([...keptOf(bytes, 'blocks', records, none).entries]).toEqual([]);
    const before = { ...openings, heads: new Set([headCheck(head)]) };
    expect([...keptOf(bytes, 'blocks', records, before).entries]).toEqual([0]);
  });
});
