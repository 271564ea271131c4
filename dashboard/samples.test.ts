import { expect, test } from 'vitest';
import { IntegerEncoder } from '../modules/block/integer-encoder';
import { RecordEncoder } from '../modules/block/record-encoder';
import { samplesOf } from './samples';

const boot = { counter: 1, random: 2 };
const period = { numerator: 10, denominator: 1 };

function collect() {
  const blocks: string[] = [];
  const sink = {
    block: (bytes: Uint8Array, length: number) =>
      void blocks.push(Buffer.from(bytes.slice(0, length)).toString('base64')),
  };
  return { blocks, options: { boot, stream: 0, period, target: 512, sink } };
}

test('integers stand for what their range says, at wall times', () => {
  const { blocks, options } = collect();
  const encoder = new IntegerEncoder(options);
  encoder.start(1000);
  for (const value of [0, 1, 4095]) encoder.staged[encoder.count++] = value;
  encoder.seal();
  const [samples] = samplesOf({
    part: 'p',
    stream: 's',
    offset: 5000,
    range: { min: -1, step: 0.5 },
    bytes: blocks[0]!,
  });
  expect(samples).toEqual({ stream: 's', series: '', times: [6000, 6010, 6020], values: [-1, -0.5, 2046.5] });
});

test('each leaf of a record is a series', () => {
  const { blocks, options } = collect();
  const encoder = new RecordEncoder(options);
  encoder.start(0);
  const record = { volts: 1.5, is_ac: true, position: { x: 2 }, name: 'n' };
  encoder.staged[encoder.count++] = record;
  encoder.seal();
  const series = samplesOf({ part: 'p', stream: 's', offset: 0, bytes: blocks[0]! });
  expect(Object.fromEntries(series.map(({ series, values }) => [series, values]))).toEqual({
    volts: [1.5],
    is_ac: [1],
    position_x: [2],
  });
});

test('a block that cannot be decoded shows nothing', () => {
  expect(samplesOf({ part: 'p', stream: 's', offset: 0, bytes: 'AAAA' })).toEqual([]);
});
