/** A device as slow as an ESP32-C3: what a stall costs afterwards must not make the next one. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { SimulatedDevice } from '../../host-sim/device';
import { root } from '../../host-sim/manifest/paths';
import { constant, noise } from '../../host-sim/signals';
import { readTruth } from '../../host-sim/truth';

const pins = [0, 1, 2, 3, 4];
const methods = pins.map((pin) => ({
  method: 'Analogs',
  capture_frequency_hz: 100,
  cache_size_kb: 10,
  additional_params: { reader_name: `P${pin}` },
}));
const board = {
  name: 'board',
  api: 'rdk:component:board',
  model: 'esp32',
  attributes: { analogs: pins.map((pin) => ({ name: `P${pin}`, pin: String(pin) })) },
  service_configs: [{ type: 'data_manager', attributes: { capture_methods: methods } }],
};

let device: SimulatedDevice | undefined;
const directory = mkdtempSync(join(tmpdir(), 'sluice-overload-'));
afterAll(async () => {
  await device?.close();
  rmSync(directory, { recursive: true });
});

test('on a chip of 125 million instructions a second five streams at 100 Hz are in step again after an erase', async () => {
  const truth = join(directory, 'truth');
  device = await SimulatedDevice.start({
    firmware: root,
    board: 'esp32c3',
    mips: 125,
    truth,
    // An erase holds everything up for 400 ms.
    flash: { timing: 'worst' },
    pins: Object.fromEntries(pins.map((pin) => [pin, [constant(2_000), noise(2, pin)]])),
    config: { ssid: 'sim', chip: 'esp32c3', configuration: JSON.stringify({ components: [board] }) },
    reboots: 'manual',
  });
  await device.run(50_000);
  const { meter: before } = await device.report();
  await device.run(30_000);
  const { meter } = await device.report();
  expect(device.exit).toBeUndefined();
  const { length, time, pin } = readTruth(truth);
  for (const each of pins) {
    let reads = 0;
    for (let index = 0; index < length; index++) if (pin[index] === each && time[index]! >= 50_000) reads++;
    expect(reads).toBeGreaterThanOrEqual(0.95 * 3_000);
  }
  // A tenth of the chip, not all of it.
  expect(meter - before).toBeLessThan(0.15 * 30 * 2_500_000);
});
