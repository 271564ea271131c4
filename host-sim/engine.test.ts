import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { buildHost } from './build/host-build';
import { SimulatedDevice } from './device';
import { torture } from './examples/torture/torture';
import { root } from './manifest/paths';
import { noise, ramp, sine } from './signals';
import { readTruth } from './truth';

const firmware = (name: string) => join(root, 'host-sim', 'examples', name);

test('a torture program gives the same hash in Node and in XS, across many collections', async () => {
  const device = await SimulatedDevice.start({ firmware: firmware('torture') });
  try {
    await device.run(1000);
    const [, hash, collections] = /^(.*) after (\d+) collections$/.exec(device.traces[0] ?? '') ?? [];
    expect(hash).toBe(await torture(12));
    expect(Number(collections)).toBeGreaterThan(20);
  } finally {
    await device.close();
  }
});

test('a virtual hour of 12 pins read at 100 Hz takes under a minute, and twice gives the same trace', async () => {
  const pins = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
  const all = [...pins, 11, 12];
  const directory = mkdtempSync(join(tmpdir(), 'sluice-test-'));
  const run = async (name: string) => {
    const truth = join(directory, name);
    const device = await SimulatedDevice.start({
      firmware: firmware('sampler'),
      board: 'esp32s3',
      config: { pins, digital: [11, 12] },
      pins: Object.fromEntries(
        all.map((pin) => [pin, [ramp(0, pin, 300), sine(800, pin / 10), noise(9, pin)]]),
      ),
      seed: 7,
      truth,
    });
    const start = performance.now();
    await device.run(3_600_000);
    const seconds = (performance.now() - start) / 1000;
    await device.close();
    return { seconds, truth, traces: device.traces };
  };
  try {
    const [first, second] = [await run('first'), await run('second')];
    expect(first.seconds).toBeLessThan(60);
    expect(second.traces).toEqual(first.traces);
    expect(readFileSync(second.truth).equals(readFileSync(first.truth))).toBe(true);
    const truth = readTruth(first.truth);
    expect(truth.length).toBe(12 * 360_000);
    expect(truth.time[truth.length - 1]).toBe(3_600_000);
  } finally {
    rmSync(directory, { recursive: true });
  }
}, 180_000);

test('slots are 16 bytes as on the ESP32 when the host is built for 32 bits, else 32', async () => {
  const { bits } = await buildHost();
  const device = await SimulatedDevice.start({ firmware: firmware('torture') });
  try {
    expect((await device.report()).slotSize).toBe(bits === 32 ? 16 : 32);
  } finally {
    await device.close();
  }
});
