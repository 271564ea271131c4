/** What the flash log and its rings take of a device's memory. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SimulatedDevice } from '../../host-sim/device';
import { inlineFirmware } from '../../host-sim/inline-firmware';

const main = `
import * as bridge from 'sim/bridge';
import { bytes, collect } from 'sim/meter';
import flash from 'embedded:storage/flash';
import { FlashLog } from 'modules/ring/flash-log';

const boot = { counter: 1, random: 2 };
const storage = flash.open({ path: 'capture' });
function inUse(): number {
  collect();
  return bytes();
}
function make() {
  return new FlashLog({ flash: storage, boot, headBytes: 4096 });
}
function write() {
  for (let time = 0; time < 200; time += 1)
    for (const ring of log.rings) ring.block(block, 512, ring.next, 1000, time, time + 1);
}
function close() {
  for (const ring of [...log.rings]) ring.close('discard');
}
const block = new Uint8Array(512);
// The first makes what all share.
make().openRing({ stream: 0, quota: 1000 });
const before = inUse();
const log = make();
const empty = inUse();
log.openRing({ stream: 0, quota: 20_000 });
const first = inUse();
for (let stream = 1; stream < 5; stream += 1) log.openRing({ stream, quota: 20_000 });
const opened = inUse();
write();
const full = inUse();
close();
log.openRing({ stream: 5, quota: 20_000 });
const again = inUse();
const taken = { log: empty - before, ring: (opened - first) / 4, use: full - opened, first: first - empty, again: again - empty };
bridge.call(200, ArrayBuffer.fromString(JSON.stringify(taken)));
`;

let device: SimulatedDevice;
let taken: Record<'log' | 'ring' | 'use' | 'first' | 'again', number>;
beforeAll(async () => {
  device = await SimulatedDevice.start({
    firmware: inlineFirmware({
      main,
      include: ['modules/ring/manifest.json', 'modules/block/manifest.json'],
    }),
    flash: { partitions: { capture: 1 << 20 } },
    reboots: 'manual',
  });
  device.channel(200, {
    call: (bytes) => {
      taken = JSON.parse(new TextDecoder().decode(bytes));
    },
  });
  await device.run(5000);
});
afterAll(() => device.close());

test('an empty log of 1 MiB with a RAM head of 4,096 B takes at most 9,050 B', () => {
  expect(taken.log).toBeLessThanOrEqual(9050);
});

test('a ring of 20 KB takes at most 440 B, its index and its entry in the log included', () => {
  expect(taken.ring).toBeLessThanOrEqual(440);
});

test('writing takes nothing more, however much is written', () => {
  expect(taken.use).toBe(0);
});

test('rings that are closed and empty take nothing any more once the next one is opened', () => {
  expect(taken.again).toBeLessThanOrEqual(taken.first);
});
