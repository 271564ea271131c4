import { expect, test } from 'vitest';
import { frameOf, lineOf, pointsOf } from './platform-message';

const frame = frameOf(
  {
    part: 'esp',
    owner: 'part',
    resource: 'rdk:component:sensor/s"1',
    method: 'Readings',
    parameters: {},
    tags: [],
  },
  'plant',
  'esp',
  'esp/1-00000002/3/4',
  true,
);

function lineFor(value: unknown, time?: number): string {
  return lineOf(frame, pointsOf(frame.field, value)!, 0, time, 12.5);
}

test('numbers and times are written as JSON has them, whole or not, of any size', () => {
  const numbers = [0, -0, 1, -1, 0.5, -1e-9, 2 ** 31 - 1, 2 ** 31, -(2 ** 31), 2 ** 53, 1e21, Math.PI];
  for (const value of numbers) expect(lineFor(value)).toContain(`:${JSON.stringify(value)}}`);
  const times = [0, 1, 999_999, 1_000_000, 1_700_000_000_000, 1_700_000_000_007, 2 ** 51, -5, 1.5];
  for (const time of times) expect(lineFor(1, time)).toContain(`"time":${JSON.stringify(time)},`);
});

test('what is no JSON number stands as null', () => {
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) expect(lineFor(value)).toContain(':null}');
});

test('a record has its fields behind the name of the resource', () => {
  const { payload_fields: fields } = JSON.parse(lineFor({ a: 1, b: { c: 'x"y' }, d: null, e: true }, 7));
  expect(fields).toEqual({ 's"1_Readings_a': 1, 's"1_Readings_b_c': 'x"y', 's"1_Readings_e': true });
});
