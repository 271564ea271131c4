import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MessageTemplate } from './message-template';
import { frameOf, lineOf, pointsOf } from './platform-message';

const source = {
  part: 'esp',
  owner: 'part' as const,
  resource: 'rdk:component:board/bé"',
  method: 'Analogs',
  parameters: { reader_name: 'A1' },
  tags: [],
};
const frame = frameOf(source, 'plant', 'esp', 'esp/1-00000002/3/4', true);
const lead = [9, 8, 7];
const from = 1_024;
const encode = (text: string) => new TextEncoder().encode(text);

function templateOf(size = 2_048): { bytes: Uint8Array; template: MessageTemplate; fits: boolean } {
  const bytes = new Uint8Array(size);
  bytes.set(lead, from);
  const template = new MessageTemplate(bytes, from, lead.length);
  return { bytes, template, fits: template.begin(frame, encode) };
}

const values = fc.oneof(
  fc.boolean(),
  fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  fc.tuple(fc.integer(), fc.constantFrom(1, 10, 100, 1_000, 10_000, 100_000)).map(([a, b]) => a / b),
  fc.double(),
);
const readings = fc.array(
  fc.record({
    value: values,
    step: fc.oneof(fc.constant(1), fc.nat(40_000)),
    pause: fc.oneof(fc.constant(10), fc.nat(3_000), fc.nat(3_000_000_000)),
  }),
  { maxLength: 40 },
);

test('a template writes the bytes of the platform’s messages, whatever values, indexes and times follow each other', () => {
  const { bytes, template } = templateOf();
  fc.assert(
    fc.property(readings, fc.integer({ min: 1e12, max: 9e12 }), (list, begin) => {
      let index = 0;
      let time = begin;
      for (const { value, step, pause } of list) {
        const line = lineOf(frame, pointsOf(frame.field, value)!, index, time, 0);
        const end = template.write(5, value, index, time);
        expect([...bytes.subarray(5, 5 + lead.length)]).toEqual(lead);
        expect(new TextDecoder().decode(bytes.subarray(5 + lead.length, end))).toBe(line);
        expect(end - 5).toBeLessThanOrEqual(template.longest);
        index += step;
        time += pause;
      }
    }),
  );
});

test('each index follows the one before, and each millisecond', () => {
  const { bytes, template } = templateOf();
  for (let index = 0; index < 12_000; index++) {
    const time = 1_699_999_995_000 + index;
    const end = template.write(0, index, index, time);
    const text = new TextDecoder().decode(bytes.subarray(lead.length, end));
    expect(text).toBe(lineOf(frame, pointsOf(frame.field, index)!, index, time, 0));
  }
});

test('a time before 2001 or after 2286 is left to others', () => {
  const { template } = templateOf();
  for (const time of [0, -1, 999_999_999_999, 1e13, Number.NaN])
    expect(template.write(0, 1, 0, time)).toBe(-1);
});

test('a block whose messages have more in common than there is room for is refused', () => {
  expect(templateOf().fits).toBe(true);
  expect(templateOf(from + 200).fits).toBe(false);
});
