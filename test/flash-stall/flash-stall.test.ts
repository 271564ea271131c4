/**
 * What the flash costs the sampling, in XS: eight Analogs at 100 Hz, nobody takes their blocks, and erases and page
 * programs take as long as the data sheets of usual chips say (Winbond W25Q32JV), each up to a share longer by chance.
 */
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { SimulatedDevice } from '../../host-sim/device';
import { constant, noise } from '../../host-sim/signals';

const pins = [32, 33, 34, 35, 36, 37, 38, 39];
const seconds = 240;
const ticks = seconds * 100;

interface Counted {
  streams: {
    number: number;
    captured: number;
    missed: number;
    late: number;
    stored: number;
    right: number;
  }[];
  flash: { erases: number; programs: number; appended: number };
}

async function run(timing: 'none' | 'typical' | 'worst'): Promise<Counted> {
  const device = await SimulatedDevice.start({
    firmware: dirname(fileURLToPath(import.meta.url)),
    board: 'esp32',
    config: { pins, headBytes: 8192, seconds },
    pins: Object.fromEntries(pins.map((pin) => [pin, [constant(2000), noise(2, pin)]])),
    flash: { timing, partitions: { capture: 1 << 20 } },
    reboots: 'manual',
  });
  try {
    await device.run(seconds * 1000 + 1000);
    if (device.exit) throw new Error(`${device.exit.reason}: ${device.exit.detail}`);
    return JSON.parse(device.traces.find((text) => text.startsWith('{'))!) as Counted;
  } finally {
    await device.close();
  }
}

describe('eight collectors at 100 Hz with the uplink down', () => {
  // The longest that an erase takes: 45 ms and a fifth, 400 ms and a tenth.
  for (const [timing, longest] of [
    ['none', 0],
    ['typical', 54],
    ['worst', 440],
  ] as const)
    test(`lose the ticks that erases of at most ${longest} ms cover, and no others`, async () => {
      const { streams, flash } = await run(timing);
      const [{ late, missed }] = streams;
      console.log(
        `flash stalls, ${timing}: in ${seconds} s ${flash.appended} blocks, ${flash.programs} pages, ${flash.erases} erases; ` +
          `of ${ticks} ticks each collector had ${late} late and ${missed} missed`,
      );
      expect(streams.length).toBe(8);
      expect(flash.erases).toBeGreaterThan(10);
      for (const stream of streams) {
        // The first tick after an erase is late; those that it covered whole are missed.
        expect(stream.late).toBeLessThanOrEqual(longest === 0 ? 0 : flash.erases);
        expect(stream.missed).toBeLessThanOrEqual(flash.erases * Math.floor(longest / 10));
        expect(stream.right).toBe(stream.stored);
        expect(stream.captured + stream.missed).toBeGreaterThanOrEqual(ticks - 2 - longest / 10);
      }
    });
});
