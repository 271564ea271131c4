import { expect, test } from 'vitest';
import { DecodedBlock } from '../../modules/block/decoder';
import type { CaptureFileMetadata } from '../../modules/block/file';
import type { Column } from '../../modules/block/opened-block';
import { expandBlock } from '../message/block-messages';
import { OpenedSizes } from './opened-size';

const metadata: CaptureFileMetadata = {
  part: 'esp-home',
  boot: { counter: 3, random: 0x9f00c3a1 },
  stream: 1,
  owner: 'main',
  resource: 'rdk:component:sensor/wetter-ö',
  method: 'Readings',
  parameters: { 'a "key"': 'x' },
  kind: 'integer',
  period: { numerator: 10, denominator: 1 },
  tags: ['tag1', 'ü'],
};
const range = { min: 0, max: 2450, step: 2450 / 4095, unit: 'mV' };
const text = '"\n\u0000ü'.repeat(50);
const records = [{ temperature: -Math.PI * 1e-300, text, nested: { of: [1, true, null] } }, {}];

test.each<[string, Partial<CaptureFileMetadata>, Column, boolean]>([
  ['counts', { kind: 'integer', range }, Int32Array.of(0, 4095, 1), true],
  ['counts of a boot without a time', { kind: 'integer', range }, Int32Array.of(0, 4095, 1), false],
  ['levels', { kind: 'boolean' }, Uint8Array.of(0, 1, 1, 1), true],
  ['doubles', { kind: 'double' }, Float64Array.of(-Math.PI * 1e-300, Number.NaN, 0), true],
  ['records', { kind: 'record' }, records, true],
])('what %s are opened to is known before, and not much too high', (_, head, values, known) => {
  const of = { ...metadata, ...head };
  const { boot, stream, period, kind } = of;
  const block = new DecodedBlock(kind, stream, boot, 7, values.length, 10, period, [], values, 0);
  const messages = expandBlock({
    appId: 'project',
    remote: undefined,
    metadata: of,
    name: 'esp-home/3-9f00c3a1/1/7',
    mapping: { known, offset: known ? 1.7e12 : 0 },
    block,
    arrival: 1.7e12,
  });
  const lines = messages.reduce((sum, { line }) => sum + Buffer.byteLength(line) + 1, 0);
  const size = new OpenedSizes(of, 'project', undefined).of(block, known)!;
  expect(size.lines).toBeGreaterThanOrEqual(lines);
  expect(size.lines).toBeLessThan(1.6 * lines);
  const points = messages.reduce((sum, message) => sum + message.points.length, 0);
  expect(size.rows).toBeGreaterThanOrEqual(16 * points);
});
