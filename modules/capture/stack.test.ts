/** How much of an ESP32-C3's stack capturing takes at most: what overflows it restarts the device. */
import { expect, test } from 'vitest';
import { SimulatedDevice } from '../../host-sim/device';
import { inlineFirmware } from '../../host-sim/inline-firmware';

/** Of 384 slots that there are. */
const most = 330;

const main = `
import Timer from 'timer';
import Time from 'time';
import flash from 'embedded:storage/flash';
import { FlashLog } from 'modules/ring/flash-log';
import { Capture } from 'modules/capture/capture';

const boot = { counter: 1, random: 2 };
const log = new FlashLog({ flash: flash.open({ path: 'capture' }), boot, headBytes: 2048 });
// Time that reads take.
let passed = 0;
const clock = { now: () => Time.ticks + passed };
const capture = new Capture({ clock, timer: Timer, boot, log, failed() {} });
let state = 1;
function random(): number {
  state = (Math.imul(state, 1664525) + 1013904223) | 0;
  return state >>> 8;
}
const methods = { integer: 'Analogs', boolean: 'Gpios', record: 'Readings' };
function plan(number: number, kind: string, hertz: number) {
  const api = kind === 'record' ? 'sensor' : 'board';
  const parameters = { reader_name: String(number) };
  const identity = { owner: 'part', resource: 'rdk:component:' + api + '/b', method: methods[kind], parameters };
  return { identity, frequency: { numerator: hertz, denominator: 1 }, quota: 9000, target: 512, tags: [], kind };
}
const record = { position: { coordinate: { latitude: 0, longitude: 0 } }, state: '' };
const states = ['idle', 'charging', 'full'];
function read(kind: string): unknown {
  if (random() % 8 === 0) passed += random() % 4;
  if (kind === 'boolean') return random() % 2;
  if (kind === 'integer') return Math.round(2000 + 300 * Math.sin(clock.now() / 40)) + (random() % 8) + (random() % 200 === 0 ? 100000 * (random() % 4000) : 0);
  record.position.coordinate.latitude = Math.sin(random());
  record.position.coordinate.longitude = random() / 100;
  record.state = states[random() % 3];
  return record;
}
const collectors = [];
for (let number = 0; number < 8; number += 1) collectors.push(plan(number, 'integer', 100));
for (let number = 8; number < 11; number += 1) collectors.push(plan(number, 'boolean', 100));
for (let number = 11; number < 13; number += 1) collectors.push(plan(number, 'record', 10));
const paths = { at() { return '$'; } };
const problems = capture.apply({ collectors, paths } as any, ({ kind }: any) => ({ kind, io: { read: () => read(kind) } }) as any);
if (problems.length > 0) throw new Error(JSON.stringify(problems));
Timer.repeat(() => capture.seal(), 6000);
`;

test(`slow reads, late ones, a full RAM head and a full flash take at most ${most} slots`, async () => {
  const firmware = inlineFirmware({
    main,
    include: ['block', 'capture', 'config', 'resources', 'ring'].map(
      (folder) => `modules/${folder}/manifest.json`,
    ),
  });
  const device = await SimulatedDevice.start({
    firmware,
    board: 'esp32c3',
    flash: { partitions: { capture: 60 << 12 } },
    reboots: 'manual',
  });
  try {
    await device.run(240_000);
    expect(device.exit).toBeUndefined();
    expect((await device.report()).stack.peak).toBeLessThanOrEqual(most);
  } finally {
    await device.close();
  }
}, 120_000);
