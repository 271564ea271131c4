import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkMessage, parseMessage } from './message';

const arrival = 1_557_244_616_000;
const bytes = (content: unknown) => Buffer.from(JSON.stringify(content));
const whole = { app_id: 'app', dev_id: 'device', payload_fields: { temperature: 42 } };
const check = (content: unknown) => checkMessage(bytes(content), undefined, arrival);
const lineOf = (payload: Uint8Array) => {
  const checked = checkMessage(payload, undefined, arrival);
  return 'refusal' in checked ? undefined : Buffer.from(checked.line).toString();
};

describe('a message', () => {
  test('is refused with the place at which it differs from the schema', () => {
    const wrong: [object | string | null | number, string][] = [
      [{ ...whole, app_id: 1 }, '$.app_id'],
      [{ ...whole, dev_id: undefined }, '$.dev_id'],
      [{ ...whole, payload_fields: undefined }, '$.payload_fields'],
      [{ ...whole, payload_fields: [1] }, '$.payload_fields'],
      [{ ...whole, payload_fields: null }, '$.payload_fields'],
      [{ ...whole, tag_fields: [] }, '$.tag_fields'],
      [{ ...whole, tag_fields: null }, '$.tag_fields'],
      [{ ...whole, time: 1.5 }, '$.time'],
      [{ ...whole, time: '1' }, '$.time'],
      [{ ...whole, time: null }, '$.time'],
      [{ ...whole, time: 8.65e15 }, '$.time'],
      [{ ...whole, time: 2 ** 53 }, '$.time'],
      [[], '$'],
      [null, '$'],
      ['text', '$'],
      [7, '$'],
    ];
    for (const [content, path] of wrong)
      expect(check(content), JSON.stringify(content)).toMatchObject({ refusal: { kind: 'invalid', path } });
  });

  test('that is no UTF-8 is refused', () => {
    const payload = Buffer.concat([bytes(whole).subarray(0, -1), Buffer.from([0x2c, 0xff, 0x7d])]);
    expect(checkMessage(payload, undefined, arrival)).toMatchObject({ refusal: { path: '$' } });
  });

  test('keeps its bytes where it is one line with a time', () => {
    const payload = Buffer.from('{"time": 1e3 , "payload_fields":{},"app_id":"a","dev_id":"d","x":1.50}');
    expect(lineOf(payload)).toBe(payload.toString());
  });

  test('gets the arrival’s time as its last member, and becomes one line', () => {
    expect(lineOf(Buffer.from('\ufeff{"app_id":"a",\r\n"dev_id":"d","payload_fields":{}}\n'))).toBe(
      `{"app_id":"a", "dev_id":"d","payload_fields":{},"time":${arrival}}`,
    );
  });

  test('may have a name, and what is none is a custom field', () => {
    const block = 'esp/1-00000001/0/7';
    expect(check({ ...whole, sluice: { block, index: 3 } })).toMatchObject({ name: { block, index: 3 } });
    for (const sluice of [null, 7, [], {}, { block }, { block: 'x', index: 1 }, { block, index: -1 }])
      expect(check({ ...whole, sluice })).not.toHaveProperty('name');
  });

  test('is at the door what it is in a store', () => {
    const member = fc.oneof(fc.string(), fc.integer(), fc.double(), fc.object(), fc.constant(null));
    const content = fc.record(
      {
        app_id: fc.oneof(fc.string({ unit: 'grapheme' }), member),
        dev_id: fc.oneof(fc.string(), member),
        time: fc.oneof(fc.integer(), member),
        payload_fields: fc.oneof(fc.object(), member),
        tag_fields: fc.oneof(fc.object(), member),
      },
      { requiredKeys: ['app_id'] },
    );
    fc.assert(
      fc.property(content, (content) => {
        const payload = bytes(content);
        const checked = checkMessage(payload, undefined, arrival);
        const parsed = parseMessage(payload, undefined, arrival);
        if ('refusal' in checked || 'refusal' in parsed) {
          expect(checked).toEqual(parsed);
          return;
        }
        expect(Buffer.from(checked.line).toString()).toBe(parsed.message.line);
        // What a stage reads of the inbox is that line.
        expect(parseMessage(checked.line, undefined, 0)).toEqual(parsed);
      }),
    );
  });
});
