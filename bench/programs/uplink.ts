/** What the uplink costs a block of 512 B: its place in a frame, and the acknowledgement that frees it. */
import { checkOfWords } from 'modules/block/check';
import type { Stream } from 'modules/capture/collector';
import { FlashLog } from 'modules/ring/flash-log';
import { BlockFrame, wholeFrame } from 'modules/uplink/block-frame';
import { Cursors } from 'modules/uplink/cursors';
import { MessageReader } from 'modules/uplink/message-reader';
import { link } from '../../proto/link.js';

const boot = { counter: 1, random: 0x12345678 };

export default function () {
  const words = new Int32Array(128);
  const bytes = new Uint8Array(words.buffer);
  words[127] = checkOfWords(words, 127);
  const ring = new FlashLog({ flash: undefined, boot, headBytes: 200_000 }).openRing({
    stream: 3,
    quota: 150_000,
  });
  const frame = new BlockFrame(wholeFrame);
  const cursors = new Cursors(64);
  const stream = { number: 3, ring } as unknown as Stream;
  cursors.update([stream]);
  cursors.declare(stream);
  const acknowledgement = link.Envelope.encode({ acknowledgements: [{ stream: 3, next: 70_000 }] }).finish();

  return {
    /** To be taken off the next. */
    append(count: number) {
      for (let done = 0; done < count; done += 1) {
        ring.block(bytes, 512, ring.next, 1_000, done * 10_000, done * 10_000 + 9_990);
        ring.acknowledge(ring.next);
      }
      cursors.acknowledge(stream, ring.next);
    },
    /** One block a frame, and then it is freed. */
    send(count: number) {
      for (let done = 0; done < count; done += 1) {
        ring.block(bytes, 512, ring.next, 1_000, done * 10_000, done * 10_000 + 9_990);
        cursors.aim(() => true);
        frame.clear();
        cursors.fill(frame, 2_048);
        cursors.acknowledge(stream, ring.next);
      }
    },
    /** An acknowledgement, read. */
    acknowledge(count: number) {
      let next = 0;
      for (let done = 0; done < count; done += 1) {
        const message = new MessageReader(acknowledgement);
        while (message.next()) {
          const inner = message.message();
          while (inner.next()) if (inner.field === 2) next = inner.number();
        }
      }
      if (next !== 70_000) throw new Error(`read ${next}`);
    },
    /** The same frame with protobufjs, for comparison. */
    protobuf(count: number) {
      for (let done = 0; done < count; done += 1) link.Envelope.encode({ blocks: [bytes] }).finish();
    },
  };
}
