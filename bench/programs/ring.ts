/** What the flash log costs a block of 512 B, in each of its lives. */
import flash from 'embedded:storage/flash';
import { checkOfWords } from 'modules/block/check';
import { FlashLog } from 'modules/ring/flash-log';
import type { Ring } from 'modules/ring/ring';

const boot = { counter: 1, random: 0x12345678 };
function open(label: string) {
  return flash.open({ path: label, mode: 'r+' });
}

export default function () {
  const words = new Int32Array(128);
  const bytes = new Uint8Array(words.buffer);
  words[127] = checkOfWords(words, 127);
  let time = 0;
  function append(ring: Ring) {
    ring.block(bytes, 512, ring.next, 1000, time, time + 9990);
    time += 10_000;
  }
  // The uplink keeps up: every fourth block acknowledges what is there.
  const kept = new FlashLog({ flash: open('kept'), boot, headBytes: 8192 }).openRing({
    stream: 1,
    quota: 100_000,
  });
  // The uplink is down for good: through the RAM head to flash, the oldest overwritten.
  const down = new FlashLog({ flash: open('down'), boot, headBytes: 8192 }).openRing({
    stream: 1,
    quota: 100_000,
  });
  for (let count = 0; count < 300; count += 1) append(down);
  // Down for a while, then acknowledged from flash.
  const backlog = new FlashLog({ flash: open('backlog'), boot, headBytes: 0 }).openRing({
    stream: 1,
    quota: 700_000,
  });
  const straight = new FlashLog({ flash: open('straight'), boot, headBytes: 0 }).openRing({
    stream: 1,
    quota: 800_000,
  });
  const stored = new FlashLog({ flash: open('stored'), boot, headBytes: 0 }).openRing({
    stream: 1,
    quota: 100_000,
  });
  for (let count = 0; count < 100; count += 1) append(stored);
  const into = new Uint8Array(512);

  return {
    keepingUp(count: number) {
      for (let done = 0; done < count; done += 1) {
        append(kept);
        if ((done & 3) === 3) kept.acknowledge(kept.next);
      }
    },
    down(count: number) {
      for (let done = 0; done < count; done += 1) append(down);
    },
    backlog(count: number) {
      for (let done = 0; done < count; done += 1) append(backlog);
      backlog.acknowledge(backlog.next);
    },
    straight(count: number) {
      for (let done = 0; done < count; done += 1) append(straight);
    },
    read(count: number) {
      for (let done = 0; done < count; done += 1) stored.read(stored.oldest + (done % 100), into);
    },
    mount(count: number) {
      for (let done = 0; done < count; done += 1) new FlashLog({ flash: open('stored'), boot, headBytes: 0 });
    },
  };
}
