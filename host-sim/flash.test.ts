import { afterEach, describe, expect, test } from 'vitest';
import { type DeviceOptions, SimulatedDevice } from './device';
import { inlineFirmware } from './inline-firmware';

let device: SimulatedDevice | undefined;

afterEach(async () => {
  await device?.close();
  device = undefined;
});

async function start(main: string, flash: DeviceOptions['flash'] = {}) {
  device = await SimulatedDevice.start({
    firmware: inlineFirmware({
      main: `import flash from 'embedded:storage/flash';\nimport Time from 'time';\n${main}`,
    }),
    flash: { partitions: { data: 16384 }, ...flash },
  });
  return device;
}

const open = `const data = flash.open({ path: 'data' });\n`;

describe('NOR flash', () => {
  test('clears bits on a write, and sets them only by erasing a whole sector', async () => {
    const device = await start(
      `${open}
       data.write(Uint8Array.of(0xf0, 0x55), 4095);
       data.write(Uint8Array.of(0x3c), 4095);
       trace(new Uint8Array(data.read(3, 4094)).join() + '\\n');
       data.eraseBlock(0);
       trace(new Uint8Array(data.read(3, 4094)).join() + '\\n');
       const { size, blockLength, blocks } = data.status();
       trace([size, blockLength, blocks, [...flash].join('+')].join() + '\\n');`,
    );
    await device.run(10);
    expect(device.traces).toEqual(['255,48,85', '255,255,85', '16384,4096,4,data']);
    const { flash } = await device.report();
    expect(flash.operations).toBe(4); // the first write crosses a page
    expect(flash.setBits).toBe(2);
    expect([...device.flash.wear('data')]).toEqual([1, 0, 0, 0]);
  });

  test('refuses what lies outside, what is closed, and what was opened for reading', async () => {
    const device = await start(
      `${open}
       const reader = flash.open({ path: 'data', mode: 'r' });
       const attempts = [
         () => data.read(2, 16383),
         () => data.write(new Uint8Array(1), -1),
         () => data.eraseBlock(4),
         () => reader.write(new Uint8Array(1), 0),
         () => flash.open({ path: 'nowhere' }),
         () => { data.close(); data.read(1, 0); },
       ];
       for (const attempt of attempts) try { attempt(); trace('no error\\n'); } catch (error) { trace(String(error) + '\\n'); }`,
    );
    await device.run(10);
    expect(device.traces).toEqual([
      expect.stringMatching(/^RangeError: .*outside the partition/),
      expect.stringMatching(/^RangeError: .*outside the partition/),
      expect.stringMatching(/^RangeError: .*outside the partition/),
      expect.stringMatching(/^Error: .*read-only/),
      expect.stringMatching(/^Error: .*can't find partition/),
      expect.stringMatching(/^TypeError: .*closed/),
    ]);
  });

  test.each([
    ['typical', 45, 54, 0.4, 0.5],
    ['worst', 400, 440, 3, 3.4],
  ] as const)('takes its time: %s', async (timing, eraseLeast, eraseMost, pageLeast, pageMost) => {
    const device = await start(
      `import 'microseconds';
       ${open}
       const bytes = new Uint8Array(256);
       const t0 = Time.microseconds; data.eraseBlock(1);
       const t1 = Time.microseconds; data.write(bytes, 4096);
       const t2 = Time.microseconds;
       trace(JSON.stringify([(t1 - t0) / 1000, (t2 - t1) / 1000]) + '\\n');`,
      { timing },
    );
    await device.run(1000);
    const [erase, page] = JSON.parse(device.traces[0]!) as [number, number];
    expect(erase).toBeGreaterThanOrEqual(eraseLeast);
    expect(erase).toBeLessThanOrEqual(eraseMost);
    expect(page).toBeGreaterThanOrEqual(pageLeast);
    expect(page).toBeLessThanOrEqual(pageMost);
  });

  const writer = `import Timer from 'timer';
    ${open}
    const found = new Uint8Array(data.read(512, 0));
    trace(found.filter((byte) => byte === 0).length + '\\n');
    Timer.set(() => data.write(new Uint8Array(512), 0), 10);`;

  test('keeps what a power cut left: nothing, a torn page, or all', async () => {
    for (const [operation, fraction, least, most] of [
      [0, 0, 0, 0],
      [0, 0.5, 128, 129],
      [1, 0, 256, 256],
      [1, 0.25, 256 + 64, 256 + 65],
      [1, 1, 512, 512],
    ] as const) {
      const device = await start(writer);
      device.flash.cutPower(operation, fraction);
      await device.run(100);
      expect(device.exit?.reason).toBe('power cut');
      await device.run(250);
      const zeros = Number(device.traces[1]);
      expect(zeros).toBeGreaterThanOrEqual(least);
      expect(zeros).toBeLessThanOrEqual(most);
      await device.close();
    }
  });

  test('loses its power as many operations later as told, however many there were', async () => {
    const device = await start(
      `import Timer from 'timer';
       ${open}
       let at = 0;
       Timer.repeat(() => { data.write(new Uint8Array(256), at); at += 256; trace(at + '\\n'); }, 10);`,
    );
    await device.run(105);
    device.flash.cutPowerSoon(3);
    await device.run(100);
    expect(device.exit?.reason).toBe('power cut');
    expect(device.traces.map(Number)).toEqual(Array.from({ length: 13 }, (_, index) => 256 * (index + 1)));
    await device.close();
  });

  test('leaves a sector half erased when the power goes in an erase', async () => {
    const device = await start(
      `import Timer from 'timer';
       ${open}
       let ones = 0;
       for (const byte of new Uint8Array(data.read(4096, 0))) for (let bit = 1; bit < 256; bit <<= 1) if (byte & bit) ones++;
       trace(ones + '\\n');
       Timer.set(() => { data.write(new Uint8Array(4096), 0); data.eraseBlock(0); }, 10);`,
    );
    device.flash.cutPower(16, 0.5);
    await device.run(350);
    expect(device.exit?.reason).toBe('power cut');
    const ones = Number(device.traces[1]);
    expect(ones).toBeGreaterThan(32768 * 0.45);
    expect(ones).toBeLessThan(32768 * 0.55);
  });

  test('fails an operation loudly or silently, as told', async () => {
    const device = await start(
      `import Timer from 'timer';
       ${open}
       const attempt = (what: string, work: () => void) => { try { work(); trace(what + '\\n'); } catch (error) { trace(String(error) + '\\n'); } };
       Timer.set(() => {
         data.write(new Uint8Array(4096), 0);
         attempt('erased', () => data.eraseBlock(0));
         attempt('erased', () => data.eraseBlock(0));
         trace(new Uint8Array(data.read(4096, 0)).every((byte) => byte === 255) + '\\n');
         attempt('written', () => data.write(new Uint8Array(16), 8192));
       }, 10);`,
    );
    device.flash.fail('erase', 16, 'throw');
    device.flash.fail('erase', 17, 'silent');
    device.flash.fail('program', 18, 'throw');
    await device.run(100);
    expect(device.traces).toEqual([
      expect.stringMatching(/erase failed/),
      'erased',
      'false',
      expect.stringMatching(/write failed/),
    ]);
  });

  test('wears out', async () => {
    const device = await start(
      `${open}
       let erases = 0;
       do { data.eraseBlock(2); erases++; } while (new Uint8Array(data.read(4096, 8192)).every((byte) => byte === 255));
       trace(erases + '\\n');`,
      { endurance: 10 },
    );
    await device.run(10);
    expect(device.traces).toEqual(['11']);
  });
});
