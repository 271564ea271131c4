import { expect, test } from 'vitest';
import { expandBlock } from '../cloud/message/block-messages';
import { timed } from '../cloud/message/message';
import { type DecodedBlock, decodeBlock } from '../modules/block/decoder';
import { pack } from '../modules/block/encode.node.js';
import { OpenedBlock, openBlock } from '../modules/block/opened-block';
import { decodeUtf8 } from '../modules/config/utf8';
import { MessageTemplate } from '../modules/message/message-template';
import { BlockMessages, MessageError } from '../modules/uplink/mqtt/block-messages';

const source = {
  part: 'esp',
  owner: 'part' as const,
  resource: 'rdk:component:board/board',
  method: 'Analogs',
  parameters: { reader_name: 'A1' },
  tags: ['kitchen', 'é"'],
};
const range = { min: -1, max: 3, step: 0.001, unit: 'V' };
const name = 'esp/12-9f00c3a1/1/0';

const records = Array.from({ length: 40 }, (_, index) => ({
  a: index / 4,
  'b "c"': { d: index % 2 === 0, e: [1, index, null], f: 'é' },
}));

/** Names that are the same once they are joined, or nearly; keys that are none; shapes that come in turn. */
const oddRecords = Array.from(
  { length: 30 },
  (_, index) =>
    [
      { a: { b: index, b_c: 1, 'b.c': 2 }, a_b: 3, 'a.b': 4, a_b_c: null, list: [[1], [], {}, 'x'] },
      { '': { '': index, _: 1 }, _: 2, __: 3, ___: true },
      { a_b: index, c: { d_e: 1 } },
      { x: ['é"\n', Number.NaN, -0, 1e300, null, [index]], ['__proto__']: 5, text: 'ü'.repeat(140) },
      { x: null },
      {},
    ][index % 6]!,
);

function linesOnDevice(packed: Uint8Array, offset: number | undefined, of: typeof source): string[] {
  const block = openBlock(packed);
  if (!(block instanceof OpenedBlock)) throw block;
  const messages = new BlockMessages(block);
  messages.describe(of, 'plant', name, offset);
  const lines: string[] = [];
  const bytes = new Uint8Array(2_048);
  const template = new MessageTemplate(bytes, 1_024, 0);
  const templated = messages.begin(template);
  expect(templated).toBe(offset !== undefined && block.kind !== 'record');
  while (messages.index < block.count) {
    messages.next();
    let end = templated ? messages.write(template, 0) : -1;
    if (end < 0) {
      end = messages.ready();
      messages.put(bytes, 0);
    }
    lines.push(decodeUtf8(bytes, 0, end));
  }
  return lines;
}

test.each([
  ['integer', Array.from({ length: 500 }, (_, index) => (index * 37) % 91)],
  ['integer', new Array(30_000).fill(7)],
  ['boolean', Array.from({ length: 20_000 }, (_, index) => index % 900 < 300)],
  ['double', [1.5, Number.NaN, -0, 1e300, 0.1, Number.POSITIVE_INFINITY, ...new Array(50).fill(21.37)]],
  ['record', records],
  ['record', oddRecords],
] as const)('A block of %s makes the messages of the cloud’s block door', (kind, values) => {
  for (const bytes of pack(kind, values).blocks)
    for (const mapping of [
      { known: true, offset: 1_700_000_000_000.5 },
      { known: false, offset: 0 },
    ]) {
      const block = decodeBlock(bytes) as DecodedBlock;
      const metadata = {
        ...source,
        ...(kind === 'integer' && { range }),
        boot: block.boot,
        stream: block.stream,
        kind,
        period: block.period,
      };
      const expected = expandBlock({
        appId: 'plant',
        metadata,
        name,
        mapping,
        block,
        arrival: 0,
      });
      const lines = linesOnDevice(bytes, mapping.known ? mapping.offset : undefined, metadata);
      if (kind === 'integer') expect(JSON.parse(lines[0]!)).toMatchObject({ unit: 'V' });
      // What the device sends without a time gets one when it arrives; the door of blocks gives it at once.
      const arrived = mapping.known ? lines : lines.map((line, index) => timed(line, expected[index]!.time));
      expect(arrived).toEqual(expected.map(({ line }) => line));
      expect(lines.every((line) => typeof JSON.parse(line) === 'object')).toBe(true);
    }
});

test('A message of which the names take more memory than a record is reckoned with is not made', () => {
  const long = 'x'.repeat(100);
  const [packed] = pack('record', [{ [long]: new Array(60).fill(0) }, { a: 1 }]).blocks;
  const messages = new BlockMessages(openBlock(packed!) as OpenedBlock);
  messages.describe(source, 'plant', name, 0);
  messages.next();
  expect(() => messages.ready()).toThrow(MessageError);
  messages.next();
  expect(messages.ready()).toBeLessThan(300);
});
