/** The composed device in real XS, with an uplink that hands its blocks to the test. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { failure, noise, ramp, toggle } from '../../host-sim/signals';
import { readTruth } from '../../host-sim/truth';
import { fakeSensors as sensors } from '../../test/simulation/memory-budget';
import { budgetOf } from '../config/memory-budget';
import { parsePart } from '../config/part';
import { analog, board, gpio, TestDevice, type TestDeviceOptions } from './test-device.node';

const minute = 60_000;
const hour = 60 * minute;
/** Where the simulated network's clock begins. */
const epoch = Date.UTC(2026, 0, 1);

const open: TestDevice[] = [];
afterEach(async () => {
  for (const device of open.splice(0)) await device.close();
});

async function start(options: TestDeviceOptions): Promise<TestDevice> {
  const device = await TestDevice.start(options);
  open.push(device);
  return device;
}

const noWiFi = { network: { accessPoints: [] } };

/** Somewhat more than half of a C3's arena, and what it does not hold. */
const smallArena = 52_000;
const tooMany = 13;
const tooMuch = (() => {
  const readers = [0, 1, 2, 3, 4];
  const pins = [5, 6, 7, 10, 18, 19, 20, 21];
  const methods = [...readers.map((pin) => analog(pin, 100)), ...pins.map((pin) => gpio(pin, 100))];
  const added = methods.map((method) => ({ ...method, name: 'rdk:component:board/b' }));
  return {
    part: board(readers, pins, methods),
    additions: [{ type: 'data_manager', attributes: { capture_methods: added } }],
  };
})();

describe('the device', () => {
  test.each([
    [10, 15],
    [60, 50],
    [150, 100],
    [300, 0.333],
  ])('captures at %d and %d Hz, each within one reading of an hour', async (first, second) => {
    const part = board([0, 1], [], [analog(0, first), analog(1, second)]);
    const device = await start({ part, flash: { timing: 'typical' }, ...noWiFi });
    await device.run(hour);
    const { streams, now } = await device.status();
    [first, second].forEach((rate, index) => {
      const { captured, missed, late, failed } = streams[index]!;
      expect(Math.abs(captured + missed - (rate * now) / 1000)).toBeLessThanOrEqual(1);
      // What an erase of 45 ms takes is counted; the rest is captured.
      expect(missed).toBeLessThanOrEqual(captured / 100);
      expect(late).toBeLessThanOrEqual(captured / 20);
      expect(failed).toBe(0);
    });
  });

  test('holds 1,000 Hz on two collectors', async () => {
    const device = await start({
      part: board([0, 1], [], [analog(0, 1000), analog(1, 1000)]),
      sync: 1000,
    });
    await device.run(minute);
    for (const { captured, missed } of (await device.status()).streams) {
      expect(captured).toBeGreaterThanOrEqual(minute - 2);
      expect(missed).toBe(0);
    }
  });

  test('runs 5,000 Hz as fast as it can, counts the rest, and disturbs no other', async () => {
    const device = await start({ part: board([0, 1], [], [analog(0, 5000), analog(1, 100)]), sync: 1000 });
    await device.run(minute);
    const [fast, other] = (await device.status()).streams;
    expect(fast!.captured).toBeGreaterThan(0.99 * minute);
    expect(Math.abs(fast!.captured + fast!.missed - 5 * minute)).toBeLessThanOrEqual(10);
    expect(other!.captured).toBeGreaterThanOrEqual(5999);
  });

  test('accounts for every tick and every read of a pin, the failed ones too', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'sluice-truth-'));
    const truth = join(directory, 'truth.bin');
    const device = await start({
      part: board([0, 1], [5], [analog(0, 100), analog(1, 60), gpio(5, 10)]),
      pins: { 0: [ramp(0, 50, 60), noise(3)], 1: [ramp(100, 1), failure(20_000, 25_000)], 5: toggle(0.7) },
      sync: 6000,
      truth,
    });
    await device.run(minute);
    const { streams, log } = await device.status();
    await device.deliver();
    await device.close();
    const { pin, value, time, length } = readTruth(truth);
    [0, 1, 5].forEach((number, index) => {
      const stream = streams[index]!;
      const readings = device.readings(stream.number);
      const reads: { value: number; time: number }[] = [];
      let failed = 0;
      for (let entry = 0; entry < length; entry++) {
        if (pin[entry] !== number) continue;
        if (value[entry]! < 0) failed++;
        else reads.push({ value: value[entry]!, time: time[entry]! });
      }
      expect(stream.failed).toBe(failed);
      expect(readings.length).toBeGreaterThanOrEqual(stream.captured);
      readings.forEach((reading, at) => {
        expect(Number(reading.value)).toBe(reads[at]!.value);
        expect(reading.requested).toBe(Math.floor(reads[at]!.time));
      });
    });
    expect(streams[1]!.failed).toBe(300);
    expect(log.filter((line) => line.includes('Analogs')).length).toBe(1);
    rmSync(directory, { recursive: true });
  });

  test('leaves no garbage while it captures', async () => {
    const device = await start({
      part: board(
        [0, 1, 2],
        [5, 6],
        [analog(0, 100), analog(1, 100), analog(2, 60), gpio(5, 100), gpio(6, 7)],
      ),
      pins: { 0: noise(2), 1: ramp(0, 100, 10), 5: toggle(0.05) },
      ...noWiFi,
      settings: { ssid: '' },
    });
    // Past the configuration's trial and the first sectors of flash, which have buffers of their own.
    await device.run(15 * minute);
    const before = await device.device.report();
    await device.run(10 * minute);
    const after = await device.device.report();
    expect(after.collections).toBe(before.collections);
    expect(after.slots.current).toBe(before.slots.current);
    expect(after.chunks.current).toBe(before.chunks.current);
    expect(after.flash.programs).toBeGreaterThan(100);
  });

  test('samples from its first second with no WiFi, no clock and no gateway', async () => {
    const device = await start({ part: board([0], [], [analog(0, 100)]), ...noWiFi });
    await device.run(1_000);
    const { streams, wall, network } = await device.status();
    expect(streams[0]!.captured).toBeGreaterThanOrEqual(99);
    expect(wall.source).toBe('unknown');
    expect(network.up).toBe(false);
  });

  test('starts from the stored configuration, and from the embedded one only before there is any', async () => {
    const device = await start({ part: board([0], [], [analog(0, 100)]), ...noWiFi });
    await device.run(1_000);
    expect((await device.status()).configuration).toBe('embedded');
    const { applied, problems } = await device.configure('r7', board([1], [], [analog(1, 50)]));
    expect([applied, problems]).toEqual([true, []]);
    await device.run(70_000);
    await device.device.reboot();
    await device.run(2_000);
    const { configuration, streams } = await device.status();
    expect(configuration).toBe('r7');
    expect(streams.length).toBe(1);
    expect(streams[0]!.captured).toBeGreaterThanOrEqual(99);
  });

  test('stamps readings taken before the clock was known so that they map to right wall times', async () => {
    const device = await start({ part: board([0], [], [analog(0, 10)]), sync: 0 });
    device.network.timeServerDown({ from: 0, until: 20_000 });
    await device.run(5_000);
    expect((await device.status()).wall.source).toBe('unknown');
    await device.run(2 * minute);
    await device.deliver();
    const { wall } = await device.status();
    expect(wall.source).toBe('sntp');
    const first = device.readings(0)[0]!;
    expect(first.requested).toBeLessThan(1_000);
    expect(Math.abs(first.requested + wall.offset - (epoch + first.requested))).toBeLessThanOrEqual(
      wall.uncertainty,
    );
  });

  test('bends no time stamp when the clock steps by hours', async () => {
    const device = await start({ part: board([0], [], [analog(0, 100)]), sync: 0 });
    await device.run(10_000);
    for (const hours of [5, -9]) {
      const { wall } = await device.status();
      await device.command({ name: 'wall', source: 'sntp', offset: wall.offset + hours * hour });
      await device.run(10_000);
    }
    await device.deliver();
    const times = device.readings(0).map(({ requested }) => requested);
    expect(times.length).toBeGreaterThan(2900);
    for (let index = 1; index < times.length; index++) {
      expect(times[index]! - times[index - 1]!).toBeGreaterThan(0);
      expect(times[index]! - times[index - 1]!).toBeLessThanOrEqual(20);
    }
  });

  test('disturbs nothing that runs, whatever comes as a configuration', async () => {
    const part = board([0], [5], [analog(0, 100), gpio(5, 10)]);
    const device = await start({ part, ...noWiFi });
    await device.run(1_000);
    const text = JSON.stringify(part);
    let state = 7;
    const random = (limit: number) => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 4294967296) * limit);
    };
    for (let round = 0; round < 60; round++) {
      let wrong = text;
      if (round % 3 === 0) wrong = text.slice(0, random(text.length));
      else
        for (let change = 0; change <= random(4); change++) {
          const at = random(text.length);
          wrong = wrong.slice(0, at) + String.fromCharCode(32 + random(95)) + wrong.slice(at + random(9));
        }
      // Those that can be read are applied, and may change what runs; the others must not.
      if (isJson(wrong)) continue;
      const { applied, problems } = await device.configure(`wrong ${round}`, wrong);
      expect(applied).toBe(false);
      expect(problems[0]!.message).toMatch(/line \d+, column \d+/);
    }
    for (const wrong of ['null', '[]', '"components"'])
      expect(await device.configure(`wrong ${wrong}`, wrong)).toMatchObject({
        applied: false,
        problems: [{ path: '$', message: 'a configuration is an object' }],
      });
    const { streams, configuration } = await device.status();
    expect(configuration).toBe('embedded');
    expect(streams.map(({ number }) => number)).toEqual([0, 1]);
    expect(streams[0]!.missed).toBe(0);
    expect(device.device.boots).toBe(1);
  });

  test('reports by its path what is wrong in a configuration and runs the rest', async () => {
    const part = board([0], [], [analog(0, 0), analog(0, -5), analog(0, 1e9), analog(7, 10), analog(0, 100)]);
    const device = await start({ part, ...noWiFi });
    await device.run(1_000);
    const { problems, streams } = await device.status();
    expect(problems.filter((problem) => problem.startsWith('bad-frequency')).length).toBe(3);
    expect(
      problems.some((problem) => problem.startsWith('no-source') && problem.includes('capture_methods[3]')),
    ).toBe(true);
    expect(streams.length).toBe(1);
    expect(streams[0]!.captured).toBeGreaterThanOrEqual(99);
  });

  test('takes a long configuration while fourteen streams run, in the memory of an ESP32-C3', async () => {
    const readers = [0, 1, 2, 3, 4];
    const pins = [5, 6, 7, 10];
    const part = (hertz: number) =>
      JSON.stringify(
        board(readers, pins, [
          ...readers.map((pin) => analog(pin, 100)),
          ...pins.map((pin) => gpio(pin, pin === 10 ? hertz : 100)),
        ]),
        null,
        2,
      );
    const methods = readers.map((pin) => ({ ...analog(pin, 50), name: 'rdk:component:board/b' }));
    const additions = [{ type: 'data_manager', attributes: { capture_methods: methods } }];
    const device = await start({ part: part(100), sync: 1_000, board: 'esp32c3', ...noWiFi });
    await device.run(1_000);
    for (const [round, hertz] of [100, 20, 10, 20].entries()) {
      const { applied, problems } = await device.configure(`r${round}`, part(hertz), additions);
      expect([applied, problems]).toEqual([true, []]);
      await device.run(10_000);
    }
    expect(device.device.exit).toBeUndefined();
    const { streams } = await device.status();
    // What did not change is what was there at first.
    expect(streams.slice(0, 8).map(({ number }) => number)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    for (const { missed, failed } of streams) expect(missed + failed).toBe(0);
  });

  test('starts with a RAM head of its own when the chip has no memory for the one that is asked for', async () => {
    const part = board([0], [], [analog(0, 100)]);
    part.services = [{ name: 'dm', type: 'data_manager', attributes: { ram_head_kb: 20 } }];
    const device = await start({ part, board: 'esp32c3', ...noWiFi });
    await device.run(1_000);
    const { problems, streams } = await device.status();
    expect(problems).toEqual(['out-of-range at services[0].attributes.ram_head_kb']);
    expect(streams[0]!.captured).toBeGreaterThanOrEqual(99);
  });

  test('reconfigures live: what did not change keeps its stream, its grid and every reading', async () => {
    const device = await start({ part: board([0, 1], [], [analog(0, 100), analog(1, 20)]), sync: 1000 });
    await device.run(10_000);
    await device.configure('r1', board([0, 1], [], [analog(0, 100), analog(1, 40)]));
    await device.run(10_000);
    await device.configure('r2', board([0, 1], [], [analog(0, 100)]));
    await device.run(10_000);
    await device.deliver();
    const { streams } = await device.status();
    expect(streams.map(({ number }) => number)).toEqual([0, 1, 2]);
    const times = device.readings(0).map(({ requested }) => requested);
    expect(times.every((time, index) => index === 0 || time >= times[index - 1]! + 10)).toBe(true);
    for (const { number, captured, acknowledged, stored, overwritten, discarded } of streams) {
      expect(device.readings(number).length).toBe(acknowledged);
      expect(acknowledged + stored).toBe(captured);
      expect(overwritten + discarded).toBe(0);
    }
  });

  test('delivers everything before a planned restart, and says why it restarted', async () => {
    const device = await start({ part: board([0], [], [analog(0, 100)]), sync: 0 });
    await device.run(10_000);
    const { captured } = await device.stream(0);
    await device.command({ name: 'restart', reason: 'new firmware' });
    await device.run(3_000);
    expect(device.device.boots).toBe(2);
    expect(
      device.blocks.filter(({ boot }) => boot.counter === 1).reduce((sum, { count }) => sum + count, 0),
    ).toBeGreaterThanOrEqual(captured);
    expect((await device.status()).reset_reason).toBe('new firmware');
  });

  test('takes the same configuration under another revision without touching what runs, also for its next start', async () => {
    const device = await start({ part: board([0], [], []), ...noWiFi });
    const part = board([0], [5], [analog(0, 100), gpio(5, 10)]);
    await device.configure('r1', part);
    await device.run(1_000);
    expect(await device.configure('r2', part)).toEqual({ applied: true, problems: [] });
    const { configuration, streams, log } = await device.status();
    expect(configuration).toBe('r2');
    expect(streams.map(({ number }) => number)).toEqual([0, 1]);
    expect(log.filter((line) => line.includes('error'))).toEqual([]);
    await device.run(70_000);
    await device.device.reboot();
    await device.run(1_000);
    expect((await device.status()).configuration).toBe('r2');
    expect((await device.stream(1)).captured).toBeGreaterThan(5);
  });

  test('keeps a configuration that has no room beside what runs for its next start, and goes on meanwhile', async () => {
    const device = await start({ part: sensors(14), ...noWiFi });
    await device.run(1_000);
    for (const revision of ['r1', 'r2']) {
      const { applied, problems } = await device.configure(revision, sensors(30));
      expect([applied, problems.map(({ code, path }) => `${code} at ${path}`)]).toEqual([
        false,
        ['no-memory at $'],
      ]);
      expect(problems[0]!.message).toMatch(/beside the one that runs: it is applied at the next start$/);
      // Also once what runs has proved itself.
      await device.run(70_000);
      const { configuration, streams, problem_count } = await device.status();
      expect([configuration, problem_count]).toEqual(['embedded', 0]);
      expect(streams.map(({ number, missed }) => [number, missed])).toEqual(
        Array.from({ length: 14 }, (_, number) => [number, 0]),
      );
    }
    // It has not proved itself: should the device come down with it, it is taken back.
    expect(readFileSync(device.device.preferences.path, 'latin1').match(/"trial":\d/g)).toEqual([
      '"trial":1',
    ]);
    await device.device.reboot();
    await device.run(2_000);
    const { configuration, streams, problems } = await device.status();
    expect(configuration).toBe('r2');
    expect(streams.length).toBe(parsePart(sensors(30), '', undefined, budgetOf('esp32c3')).collectors.length);
    expect(problems[0]).toMatch(/^no-memory at components\[\d+\]/);
    expect(device.device.exits.map(({ reason }) => reason)).not.toContain('memory full');
  });

  test('takes back a configuration that crashes it twice, and refuses it from then on', async () => {
    const device = await start({ part: board([0], [], []), arena: smallArena, ...noWiFi });
    await device.run(1_000);
    await device.configure('good', board([0], [], [analog(0, 100)]));
    await device.run(70_000);
    // The device comes down while it applies it, and again at the next boot.
    await expect(device.configure('heavy', tooMuch.part, tooMuch.additions)).rejects.toThrow('no answer');
    await device.run(10_000);
    expect(device.device.exits.map(({ reason }) => reason)).toEqual(['memory full', 'memory full']);
    const { configuration, streams } = await device.status();
    expect(configuration).toBe('good');
    expect(streams.map(({ method }) => method)).toEqual(['Analogs']);
    const { applied, problems } = await device.configure('heavy', tooMuch.part, tooMuch.additions);
    expect([applied, problems.map(({ code }) => code)]).toEqual([false, ['not-stored']]);
  });

  test('captures by half of the collectors when it crashes alone too, until another configuration comes', async () => {
    const device = await start({ part: tooMuch.part, arena: smallArena, sync: 1_000, ...noWiFi });
    await device.run(60_000);
    // The third of them alone, without a network that could be to blame.
    expect(device.device.exits.length).toBe(3);
    // A status would need the memory that is lacking.
    expect(new Set(device.blocks.map(({ stream }) => stream)).size).toBe(tooMany >> 1);
    expect(device.device.traces).toContainEqual(
      expect.stringMatching(/^error: no-memory at components\[0\]\.service_configs\[0\]/),
    );
    await device.run(10_000);
    await device.configure('good', board([0], [], [analog(0, 100)]));
    await device.run(70_000);
    await device.device.reboot();
    await device.run(1_000);
    expect((await device.stream(0)).captured).toBeGreaterThan(90);
  });

  test('starts with a configuration that the build gives as an object', async () => {
    const part = board([0], [], [analog(0, 100)]);
    const device = await start({ part, settings: { configuration: part }, ...noWiFi });
    await device.run(2_000);
    expect(device.device.exits).toEqual([]);
    expect((await device.stream(0)).captured).toBeGreaterThan(150);
  });

  test.each([[[[1], {}]], [{ components: [[], 5, { name: { a: [] } }] }], [7], [true]])(
    'starts with whatever the build gives as a configuration: %j',
    async (configuration) => {
      const device = await start({ part: '{}', settings: { configuration }, ...noWiFi });
      await device.run(2_000);
      expect(device.device.exits).toEqual([]);
      expect((await device.status()).problem_count).toBeGreaterThan(0);
    },
  );

  test('goes on capturing when the network brings it down again and again, for longer and longer alone', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'sluice-fragile-'));
    const truth = join(directory, 'truth.bin');
    const device = await start({
      part: board([0], [], [analog(0, 100)]),
      settings: { fragile: true },
      truth,
    });
    const hours = 6;
    await device.run(hours * 60 * minute);
    const { exits } = device.device;
    expect(new Set(exits.map(({ reason }) => reason))).toEqual(new Set(['unhandled exception']));
    // Two at once, then after 1, 2, 4 … 60 minutes, hourly in the end.
    expect(exits.length).toBeGreaterThan(10);
    expect(exits.length).toBeLessThan(2 + 6 + hours);
    expect(device.device.traces.some((line) => line.includes('capturing nothing'))).toBe(false);
    await device.device.report();
    const { time, length } = readTruth(truth);
    expect(length).toBeGreaterThan(0.999 * hours * 60 * 60 * 100);
    expect(time[length - 1]).toBeGreaterThan(hours * 60 * minute - 20);
    rmSync(directory, { recursive: true });
  }, 120_000);

  test('answers remote calls and refuses wrong ones', async () => {
    const device = await start({ part: board([0], [5], []), pins: { 0: ramp(1234, 0) }, ...noWiFi });
    const call = (method: string, parameters: object) =>
      device.command<Record<string, unknown>>({
        name: 'call',
        resource: 'rdk:component:board/b',
        method,
        parameters,
      });
    expect((await call('ReadAnalogReader', { analog_reader_name: 'a0' })).value).toBe(1234);
    expect(await call('ReadAnalogReader', { analog_reader_name: 'zz' })).toHaveProperty('error');
    expect(await call('SetGPIO', { pin: '5', high: true })).toEqual({});
    expect(await call('GetGPIO', { pin: '5' })).toEqual({ high: true });
  });
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
