/** In XS, where the device runs: protobufjs' generated code reads what is written by hand, and the other way round. */
import { afterAll, expect, test } from 'vitest';
import { SimulatedDevice } from '../../host-sim/device';
import { inlineFirmware } from '../../host-sim/inline-firmware';

const main = `
import { Boot, Envelope, Hello, Proof, Status, StreamStatus } from 'proto/fields';
import { link } from 'proto/link';
import { MessageReader } from 'modules/uplink/message-reader';
import { MessageWriter } from 'modules/uplink/message-writer';

const message = new MessageWriter(new Uint8Array(64));
message.open(Envelope.hello);
message.text(Hello.part, 'Küche');
message.open(Hello.boot);
message.number(Boot.counter, 0xffffffff);
message.close();
message.close();
message.open(Envelope.proof);
message.double(Proof.monotonic, -1.5);
message.close();
message.open(Envelope.status);
for (const stream of [1, 200]) {
  message.open(Status.streams);
  message.number(StreamStatus.stream, stream);
  message.double(StreamStatus.captured, 2 ** 40 + stream);
  message.close();
}
message.close();
const written = new Uint8Array(message.length);
let at = 0;
for (const fragment of message.end()) {
  written.set(fragment, at);
  at += fragment.length;
}
const { hello, proof, status } = link.Envelope.decode(written);
trace(JSON.stringify({ part: hello!.part, boot: hello!.boot, monotonic: proof!.monotonic, streams: status!.streams }) + '\\n');

const boot = { counter: 7, random: 0xfffffffe };
const bytes = link.Envelope.encode({ hello: { part: 'Küche', boot }, proof: { monotonic: 0.25 } }).finish();
const reader = new MessageReader(bytes);
const read: Record<string, unknown> = {};
while (reader.next()) {
  const inner = reader.message();
  while (inner.next()) {
    if (reader.field === Envelope.proof) read.monotonic = inner.double();
    else if (inner.field === Hello.part) read.part = inner.text();
    else if (inner.field === Hello.boot) {
      const of = inner.message();
      while (of.next()) read[of.field === Boot.counter ? 'counter' : 'random'] = of.number();
    }
  }
}
trace(JSON.stringify(read) + '\\n');

const texts = ['a\\0b', 'a\\ud800', '\\udc00b', '\\ud83d\\ude00', 'Küche'];
const mended = texts.map((text) => {
  const writer = new MessageWriter(new Uint8Array(64));
  writer.open(Envelope.hello);
  writer.text(Hello.part, text);
  writer.close();
  const whole = new Uint8Array(writer.length);
  let from = 0;
  for (const fragment of writer.end()) {
    whole.set(fragment, from);
    from += fragment.length;
  }
  // Bytes, as they go out: in XS anything reads what XS wrote. Two tags and two lengths are before the text.
  return Array.from(whole.subarray(5));
});
trace(JSON.stringify(mended) + '\\n');
`;

let device: SimulatedDevice | undefined;
afterAll(() => device?.close());

test('what the device writes by hand protobufjs reads in XS, and the other way round', async () => {
  device = await SimulatedDevice.start({
    firmware: inlineFirmware({ main, include: ['modules/uplink/test-firmware/manifest.json'] }),
    board: 'esp32',
    reboots: 'manual',
  });
  await device.run(1000);
  expect(device.exit).toBeUndefined();
  const [asWritten, asRead, texts] = device.traces.map((line) => JSON.parse(line));
  expect([asWritten, asRead]).toEqual([
    {
      part: 'Küche',
      boot: { counter: 0xffff_ffff },
      monotonic: -1.5,
      streams: [1, 200].map((stream) => ({ stream, captured: 2 ** 40 + stream })),
    },
    { part: 'Küche', counter: 7, random: 0xffff_fffe, monotonic: 0.25 },
  ]);
  const decoder = new TextDecoder('utf-8', { fatal: true });
  expect(texts.map((bytes: number[]) => decoder.decode(Uint8Array.from(bytes)))).toEqual([
    'a\ufffdb',
    'a\ufffd',
    '\ufffdb',
    '😀',
    'Küche',
  ]);
});
