import { boardApi, cameraApi, commonApi, robotApi } from '@viamrobotics/sdk';
import { expect, test } from 'vitest';
import { messageOf, plainOf } from './plain';

test('members have the names of the protocol, and wide integers are numbers', () => {
  const plain = { value: 7, min_range: 0, max_range: 2.5, step_size: 0.5 };
  expect(plainOf(messageOf(boardApi.ReadAnalogReaderResponse as never, plain))).toEqual(plain);
  expect(plainOf(messageOf(boardApi.PWMFrequencyResponse as never, { frequency_hz: 1000.7 }))).toEqual({
    frequency_hz: 1000,
  });
});

test('readings of any shape go through, what JSON has not as well', () => {
  const readings = { a: 1, b: 'x', c: true, d: null, e: [1, [2]], f: { g: { h: Number.NaN } }, i: -Infinity };
  const message = messageOf(commonApi.GetReadingsResponse as never, { readings }) as unknown as {
    toBinary(): Uint8Array;
  };
  const read = commonApi.GetReadingsResponse.fromBinary(message.toBinary());
  expect(plainOf(read)).toEqual({ readings });
});

test('bytes stay bytes, times are milliseconds', () => {
  const plain = {
    images: [{ source_name: 'left', image: Uint8Array.of(1, 2), format: 3, mime_type: 'image/jpeg' }],
    response_metadata: { captured_at: 1_700_000_000_123.5 },
  };
  expect(plainOf(messageOf(cameraApi.GetImagesResponse as never, plain))).toMatchObject(plain);
});

test('members that a message does not have are left out', () => {
  const message = messageOf(robotApi.GetVersionResponse as never, { version: '1', nonsense: 2 });
  expect(plainOf(message)).toEqual({ platform: '', version: '1', api_version: '' });
});
