/** The same parser in XS, with an ESP32's memory. */

import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runs } from '../../test/chance';
import { board, TestDevice } from '../device/test-device.node';
import { ResourceDevice } from '../resources/test-device.node';
import { anyText, example } from './chance.node';
import { partLimits } from './json';
import { parseMachine } from './machine';
import { isApplicable, parsePart } from './part';

let device: ResourceDevice;
beforeAll(async () => {
  device = await ResourceDevice.start({ board: 'esp32c3' });
});
afterAll(() => device?.close());

/** What JSON leaves of it: undefined members are absent. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

test.each([
  'esp32-board',
  'tmp36-and-wifi',
  'data-manager',
  'mongo-capture',
  'vision-service',
  'remote-esp32',
  'camera-elided',
])('the device makes of the example %s what Node makes of it', async (name) => {
  const { remotes } = parseMachine(example('remote-esp32-corrected'));
  const [text, additions] = [example(name), remotes[0].additions];
  expect(await device.parse(text, additions)).toEqual(plain(parsePart(text, additions)));
});

test('whatever the text is, the device makes of it what Node does, and goes on', async () => {
  await fc.assert(
    fc.asyncProperty(anyText, async (text) => {
      const [theirs, ours] = [await device.parse(text), parsePart(text)];
      // Lone surrogates have no UTF-8, and a zero ends the text: then another one reaches the device.
      if (Buffer.from(text).toString() === text && !text.includes('\0')) expect(theirs).toEqual(plain(ours));
      else expect(Array.isArray(theirs.problems)).toBe(true);
    }),
    runs(150),
  );
});

test('the worst texts of the greatest size fit the memory of a device', async () => {
  const size = partLimits.bytes;
  const values = partLimits.values - 16;
  const list = (element: string, count: number) => `[${`${element},`.repeat(count - 1)}${element}]`;
  const component = (inside: string) => `{"name": "a", "type": "sensor", "model": "fake", ${inside}}`;
  const worst = [
    '['.repeat(size),
    `[${'1,'.repeat(values)}1]`,
    `{"components": ${list('{}', partLimits.each)}, "services": ${list('{}', partLimits.each)}}`,
    `{"components": ${list('"abcdefg"', partLimits.each)}}`,
    `{${Array.from({ length: partLimits.each }, (_, index) => `"k${index}":0`).join()}}`,
    `{"services": [{"type": "data_manager", "attributes": {"tags": ${list('"a b"', partLimits.each)}}}]}`,
    `"${'\\u0041'.repeat(size / 6 - 1)}"`,
    `{"${'x'.repeat(size - 10)}":1}`,
    `{"components": ${list(component(`"depends_on": ${list('"b"', 9)}`), 72)}}`,
    `{"components": [${component(`"service_configs": ${list('{"type": "data_manager", "attributes": {"capture_methods": [{}]}}', 96)}`)}]}`,
    `{"components": ${list(component(`"service_configs": [{"type":"data_manager","attributes":{"capture_methods":[{}]}}]`), 80)}}`,
  ];
  const problems: number[] = [];
  for (const text of worst) problems.push((await device.parse(text)).problems.length);
  expect(problems.every((count) => count > 0)).toBe(true);
});

test('no text, neither the part’s nor the main’s, disturbs the collectors that run', async () => {
  const analogs = { method: 'Analogs', capture_frequency_hz: 50, additional_params: { reader_name: 'a1' } };
  const part = JSON.stringify(board([1], [], [analogs]));
  const running = await TestDevice.start({ board: 'esp32c3', part });
  await running.run(1000);
  let revision = 0;
  await fc.assert(
    fc.asyncProperty(anyText, async (text) => {
      // As the link does: what has no UTF-8 arrives as something else.
      const sent = Buffer.from(text).toString();
      // A text that can be applied may ask for other collectors: then it is the main's only.
      const own = isApplicable(parsePart(sent).problems) ? part : sent;
      await running.configure(`r${revision++}`, own, sent);
      await running.run(100);
    }),
    runs(60),
  );
  await running.configure('last', part);
  await running.run(1000);
  const { now, streams } = await running.status();
  await running.close();
  const own = streams.find(({ number }) => number === 0)!;
  expect(running.device.exits).toHaveLength(1);
  expect([own.missed, own.failed, own.refused]).toEqual([0, 0, 0]);
  expect(Math.abs(own.captured - now / 20)).toBeLessThan(3);
});
