/** What is written and read by hand is what protobufjs reads and writes. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Acknowledgement, Answer, Boot, ClockRequest, Envelope, Hello } from '../../proto/fields';
import { link } from '../../proto/link.js';
import { runs } from '../../test/chance';
import { Assembly, type ByteSource } from './assembly';
import { announcedLength, beginningOf, MessageError, MessageReader } from './message-reader';
import { MessageTooLong, MessageWriter } from './message-writer';

/** Without Node's Buffer, whose slices are no copies. */
function encode(envelope: link.IEnvelope): Uint8Array {
  return Uint8Array.from(link.Envelope.encode(envelope).finish());
}

function sourceOf(bytes: Uint8Array): ByteSource {
  let at = 0;
  return {
    read(into) {
      into.set(bytes.subarray(at, at + into.length));
      at += into.length;
    },
  };
}

function joined(fragments: Uint8Array[]): Uint8Array {
  return Uint8Array.from(fragments.flatMap((fragment) => [...fragment]));
}

const boots = fc.record({ counter: fc.integer({ min: 0, max: 0xffff_ffff }), random: fc.nat(0xffff_ffff) });
const finite = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);
const unicode = fc.string({ unit: 'grapheme', maxLength: 300 });

test('a message is read as it was written, wherever the buffer parted it', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 32, max: 200 }),
      unicode,
      boots,
      finite,
      fc.array(unicode, { maxLength: 5 }),
      (length, part, boot, monotonic, pieces) => {
        const message = new MessageWriter(new Uint8Array(length));
        message.open(Envelope.hello);
        message.text(Hello.part, part);
        message.open(Hello.boot);
        message.number(Boot.counter, boot.counter);
        message.number(Boot.random, boot.random);
        message.close();
        message.close();
        message.open(Envelope.clockRequest);
        message.double(ClockRequest.monotonic, monotonic);
        message.close();
        message.open(Envelope.answer);
        message.open(Answer.result);
        for (const piece of pieces) message.piece(piece);
        message.close();
        message.close();
        const { hello, clockRequest, answer } = link.Envelope.decode(joined(message.end()));
        expect(hello!.part ?? '').toBe(part);
        expect({ counter: 0, random: 0, ...hello!.boot }).toEqual(boot);
        expect(clockRequest!.monotonic ?? 0).toBe(monotonic);
        expect(answer!.result ?? '').toBe(pieces.join(''));
      },
    ),
  );
});

test('what protobufjs writes is read, unknown fields too', () => {
  fc.assert(
    fc.property(boots, finite, unicode, fc.nat(0xffff_ffff), (boot, wall, part, next) => {
      const bytes = encode({
        status: { details: 'not for a part' },
        acknowledgements: [{ stream: 7, next, boot }],
        clockAnswer: { monotonic: 1, wall },
        configuration: { revision: 'r', part },
      });
      // Zeros and empty texts are left out.
      const seen: Record<string, unknown> = {
        'acknowledgement 2': 0,
        'boot 1': 0,
        'boot 2': 0,
        'clock 2': 0,
        'configuration 2': '',
      };
      const message = new MessageReader(bytes);
      while (message.next()) {
        if (message.field === Envelope.acknowledgements) {
          const inner = message.message();
          while (inner.next()) {
            if (inner.field !== Acknowledgement.boot) seen[`acknowledgement ${inner.field}`] = inner.number();
            else {
              const of = inner.message();
              while (of.next()) seen[`boot ${of.field}`] = of.number();
            }
          }
        } else if (message.field === Envelope.clockAnswer) {
          const inner = message.message();
          while (inner.next()) seen[`clock ${inner.field}`] = inner.double();
        } else if (message.field === Envelope.configuration) {
          const inner = message.message();
          while (inner.next()) seen[`configuration ${inner.field}`] = inner.text();
        }
      }
      expect(seen).toEqual({
        'acknowledgement 1': 7,
        'acknowledgement 2': next,
        'boot 1': boot.counter,
        'boot 2': boot.random,
        'clock 1': 1,
        'clock 2': wall,
        'configuration 1': 'r',
        'configuration 2': part,
      });
    }),
  );
});

test('whatever the bytes are, reading ends with the message or a MessageError', () => {
  const walk = (message: MessageReader, depth: number): void => {
    while (message.next()) {
      for (const read of [() => message.number(), () => message.double(), () => message.text()])
        tolerate(read);
      if (depth < 3) tolerate(() => walk(message.message(), depth + 1));
    }
  };
  const tolerate = (read: () => unknown) => {
    try {
      read();
    } catch (error) {
      expect(error).toBeInstanceOf(MessageError);
    }
  };
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) =>
      tolerate(() => walk(new MessageReader(bytes), 0)),
    ),
    runs(2_000),
  );
});

test('a nested message that no length can name is refused', () => {
  const message = new MessageWriter(new Uint8Array(512));
  message.open(Envelope.answer);
  message.piece('x'.repeat(16_384));
  expect(() => message.close()).toThrow(MessageTooLong);
});

const roomy = { hasRoom: () => true };

test('a message that comes in parts is put together, in a buffer as long as it says', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 2_000 }), fc.integer({ min: 1, max: 500 }), (part, count) => {
      const bytes = encode({ configuration: { part } });
      expect(announcedLength(bytes.subarray(0, 5))).toBe(bytes.length);
      const assembly = new Assembly(roomy);
      const source = sourceOf(bytes);
      for (let at = 0; at < bytes.length; at += count) {
        const length = Math.min(count, bytes.length - at);
        const more = at + count < bytes.length;
        expect(assembly.fits(length)).toBe(true);
        const whole = assembly.add(source, length, more);
        if (more) expect(whole).toBeUndefined();
        else expect(whole).toEqual(bytes);
      }
    }),
  );
});

test('a first part that announces more than a message may have makes no longer buffer', () => {
  const assembly = new Assembly(roomy);
  const bytes = Uint8Array.from([0x5a, 0xff, 0xff, 0xff, 0x7f, 1, 2, 3, 4]);
  const source = sourceOf(bytes);
  expect(assembly.add(source, 8, true)).toBeUndefined();
  const whole = assembly.add(source, 1, false)!;
  expect(whole).toEqual(bytes);
  expect(whole.buffer.byteLength).toBe(16_384);
});

test.each([300, 2_049, 16_000])(
  'of a message of %i B for which there is no room only the beginning is kept, and the next one is whole',
  (length) => {
    const asked: number[] = [];
    const assembly = new Assembly({ hasRoom: (bytes) => asked.push(bytes) < 0 });
    const bytes = encode({ configuration: { revision: 'r7', part: 'x'.repeat(length) } });
    const next = encode({ configuration: { revision: 'r8', part: 'y' } });
    for (const pieces of [[bytes.length], [100, 1_000], [8, 4, 700]]) {
      const source = sourceOf(bytes);
      let kept: Uint8Array | undefined;
      for (let at = 0, index = 0; at < bytes.length; index++) {
        const count = Math.min(bytes.length - at, pieces[index % pieces.length]!);
        at += count;
        kept = assembly.add(source, count, at < bytes.length);
      }
      const isCut = bytes.length > 2_048;
      expect(kept).toEqual(isCut ? bytes.subarray(0, 256) : bytes);
      expect(announcedLength(kept!)).toBe(bytes.length);
      const beginning = beginningOf(kept!, Envelope.configuration)!;
      expect([beginning.next(), beginning.field, beginning.text()]).toEqual([true, 1, 'r7']);
      expect(assembly.add(sourceOf(next), next.length, false)).toEqual(next);
    }
    expect(new Set(asked)).toEqual(new Set(bytes.length > 2_048 ? [bytes.length] : []));
  },
);

test('what begins like another message is the beginning of no configuration', () => {
  const bytes = encode({ call: { id: 7, parameters: 'x'.repeat(300) } });
  expect(beginningOf(bytes.subarray(0, 256), Envelope.configuration)).toBeUndefined();
});
