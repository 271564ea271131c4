/** What the uplink costs a block of 512 B: its place in a frame, and the acknowledgement that frees it. */
import { checkOfWords } from 'modules/block/check';
import type { Stream } from 'modules/capture/collector';
import { FlashLog } from 'modules/ring/flash-log';
import { BlockFrame } from 'modules/uplink/block-frame';
import { Cursors } from 'modules/uplink/cursors';
import { link, Reader } from '../../proto/link.js';

const boot = { counter: 1, random: 0x12345678 };

export default function () {
  const words = new Int32Array(128);
  const bytes = new Uint8Array(words.buffer);
  words[127] = checkOfWords(words, 127);
  const ring = new FlashLog({ flash: undefined, boot, headBytes: 200_000 }).openRing({
    stream: 3,
    quota: 150_000,
  });
  const frame = new BlockFrame(2_048);
  const cursors = new Cursors(64);
  cursors.update([{ number: 3, ring } as unknown as Stream]);
  const cursor = cursors.list[0]!;
  cursor.declared = true;
  const acknowledgement = link.Envelope.encode({ acknowledgements: [{ stream: 3, next: 70_000 }] }).finish();
  const message = link.Envelope.encode({ blocks: [bytes, bytes, bytes] });
  message.finish();

  return {
    /** To be taken off the next. */
    append(count: number) {
      for (let done = 0; done < count; done += 1) {
        ring.block(bytes, 512, ring.next, 1_000, done * 10_000, done * 10_000 + 9_990);
        ring.acknowledge(ring.next);
      }
      cursors.acknowledge(cursor, ring.next);
    },
    /** Three blocks a frame, and then all of them freed. */
    send(count: number) {
      for (let done = 0; done < count; done += 3) {
        for (let i = 0; i < 3; i += 1)
          ring.block(bytes, 512, ring.next, 1_000, done * 10_000, done * 10_000 + 9_990);
        cursor.target = ring.next;
        frame.clear();
        cursors.fill(frame, 2_048);
        cursors.acknowledge(cursor, ring.next);
      }
    },
    /** An acknowledgement, read with protobufjs. */
    acknowledge(count: number) {
      for (let done = 0; done < count; done += 1)
        link.Envelope.decode(Reader.create(acknowledgement) as never);
    },
    /** The same frame with protobufjs, for comparison. */
    protobuf(count: number) {
      for (let done = 0; done < count; done += 3)
        link.Envelope.encode({ blocks: [bytes, bytes, bytes] }).finish();
    },
  };
}
