import { afterEach, describe, expect, test } from 'vitest';
import { RealClock } from './clock';
import { type DeviceOptions, SimulatedDevice, VirtualClock } from './device';
import { inlineFirmware } from './inline-firmware';
import { constant, failure, samples, toggle } from './signals';

const running: SimulatedDevice[] = [];

async function start(
  main: string,
  options: Partial<DeviceOptions> = {},
  modules: Record<string, string> = {},
) {
  const device = await SimulatedDevice.start({ firmware: inlineFirmware({ main, modules }), ...options });
  running.push(device);
  return device;
}

afterEach(async () => {
  for (const device of running.splice(0)) await device.close();
});

/** Runs firmware that ends itself, and tells how. */
async function endOf(
  main: string,
  options: Partial<DeviceOptions> = {},
  modules: Record<string, string> = {},
) {
  const device = await start(main, { reboots: 'manual', ...options }, modules);
  await device.run(60_000);
  return device;
}

describe('a firmware that misbehaves restarts, with the reason named', () => {
  test.each(['esp32', 'esp32c3', 'esp32s3'] as const)('a leak on %s: memory full', async (board) => {
    const device = await endOf(
      `import Timer from 'timer';
       const kept: object[] = [];
       Timer.repeat(() => { for (let i = 0; i < 50; i++) kept.push({ i, text: 'x' + i }); }, 10);`,
      { board },
    );
    expect(device.exit?.reason).toBe('memory full');
    expect(device.lastReport!.slots.peak * 16 + device.lastReport!.chunks.peak).toBeGreaterThan(60_000);
  });

  test('a large buffer: memory full', async () => {
    const device = await endOf(`new ArrayBuffer(200_000);`);
    expect(device.exit?.reason).toBe('memory full');
  });

  test('an endless recursion: stack overflow', async () => {
    const device = await endOf(`function down(n: number): number { return 1 + down(n + 1); }\ndown(0);`);
    expect(device.exit?.reason).toBe('stack overflow');
    expect(device.exit?.detail).toContain('down');
  });

  test('a flood of property names: the table of names grows, and none is ever forgotten', async () => {
    const device = await endOf(
      `const names: Record<string, number> = {};
       for (let i = 0; i < 100_000; i++) { names['k' + i] = i; delete names['k' + i]; }`,
    );
    expect(device.exit?.reason).toBe('memory full');
  });

  test('an exception nobody catches, with file and line of the TypeScript', async () => {
    const device = await endOf(
      `import Timer from 'timer';

       function fails(): void {
         throw new RangeError('too far');
       }
       Timer.set(() => fails(), 5);`,
    );
    expect(device.exit?.reason).toBe('unhandled exception');
    expect(device.exit?.detail).toMatch(/too far[\s\S]*fails .*main\.ts:4\)/);
    expect(device.exit?.at).toBe(5);
  });

  test('a rejection nobody handles, once its promise is collected', async () => {
    const device = await endOf(
      `import Timer from 'timer';
       async function fails() { throw new Error('later'); }
       fails();
       let garbage: object;
       Timer.repeat(() => { for (let i = 0; i < 100; i++) garbage = { i }; }, 10);`,
    );
    expect(device.exit?.reason).toBe('unhandled rejection');
    expect(device.exit?.detail).toContain('later');
  });

  test.each([
    ['a primordial', `(Array.prototype as any).last = 1;`],
    ['an inherited name', `class Own {}\n(Own.prototype as any).toString = () => '';`],
    ['the name of an error', `new Error('x').name = 'Mine';`],
    ['a preloaded table', `import { table } from 'table';\n(table as number[])[0] = 1;`],
    ['a preloaded typed array', `import { bytes } from 'table';\nbytes[0] = 1;`],
    ['a preloaded Map', `import { map } from 'table';\nmap.set('a', 1);`],
    ['a preloaded class', `import { Kept } from 'table';\nKept.count = 1;`],
  ])('a write to what is frozen: %s', async (_, main) => {
    const table = `export const table = Object.freeze([1, 2]);
      export const bytes = new Uint8Array(4);
      export const map = new Map<string, number>();
      export class Kept { static count = 0; }`;
    const device = await endOf(main, {}, { table });
    expect(device.exit?.reason).toBe('unhandled exception');
    expect(device.exit?.detail).toMatch(/TypeError/);
  });

  test('eval: there is no parser on a device', async () => {
    const device = await endOf(`(0, eval)('1');`);
    expect(device.exit?.detail).toContain('no parser');
  });

  test('an endless loop: watchdog', async () => {
    const device = await endOf(`for (;;) {}`, { turnLimit: 10_000_000 });
    expect(device.exit?.reason).toBe('watchdog');
  });

  test('and starts again with the reset reason of a board', async () => {
    const device = await start(
      `import resetReason from 'resetReason';
       import Timer from 'timer';
       const { reason, string } = resetReason();
       trace(reason + ' ' + string + '\\n');
       Timer.set(() => System.restart(), 1000);`,
    );
    await device.run(1200);
    expect(device.boots).toBe(1);
    await device.run(200);
    expect(device.boots).toBe(2);
    await device.powerCut();
    await device.run(400);
    expect(device.exits.map(({ reason }) => reason)).toEqual(['restart', 'power cut']);
    expect(device.traces).toEqual(['1 Power-On', '3 Software', '1 Power-On']);
  });
});

describe('preloaded modules', () => {
  test('keep plain variables of a module in RAM, anew at each boot', async () => {
    const device = await start(
      `import { next } from 'counter';\nnext(); trace(next() + '\\n');`,
      {},
      { counter: `let count = 0;\nexport function next() { return ++count; }` },
    );
    await device.run(10);
    await device.reboot();
    await device.run(10);
    expect(device.traces).toEqual(['2', '2']);
    expect((await device.report()).aliases).toBeGreaterThan(0);
  });
});

describe('time', () => {
  test('passes only when the clock is run, and the same each time', async () => {
    const device = await start(
      `import Time from 'time';
       import Timer from 'timer';
       Timer.repeat(() => trace(Time.ticks + ' ' + Time.delta(0) + '\\n'), 400);`,
    );
    await device.run(1000);
    expect(device.traces).toEqual(['400 400', '800 800']);
    await device.run(200);
    expect(device.traces).toHaveLength(3);
  });

  test('repeats catch up back to back after a stall, without drift', async () => {
    const device = await start(
      `import Time from 'time';
       import Timer from 'timer';
       let stalled = false;
       Timer.repeat(() => {
         trace(Time.ticks + '\\n');
         if (!stalled) { stalled = true; Timer.delay(35); }
       }, 10);`,
    );
    await device.run(60);
    expect(device.traces).toEqual(['10', '45', '45', '45', '50', '60']);
  });

  test('is taken by what the firmware computes, when the device has a speed', async () => {
    const main = `import Time from 'time';
       import Timer from 'timer';
       let late = 0;
       Timer.repeat(() => { for (let i = 0; i < 1000; i++); late++; }, 1);
       Timer.set(() => { trace(late + '\\n'); Timer.delay(1); trace(Time.ticks + '\\n'); }, 100);`;
    const counts = [];
    for (const mips of [undefined, 125]) {
      const device = await start(main, mips ? { mips } : {});
      await device.run(200);
      counts.push(Number(device.traces[0]));
    }
    expect(counts[0]).toBe(100);
    expect(counts[1]).toBeLessThan(60); // a thousand iterations of some five bytecodes take 2 ms
  });

  test('runs in real time too', async () => {
    const device = await start(
      `import Timer from 'timer';\nlet n = 0;\nTimer.repeat(() => trace('tick ' + ++n + '\\n'), 20);`,
      { time: 'real' },
    );
    await device.run(400);
    expect(device.traces.length).toBeGreaterThan(8);
  });

  test('hears of an event in real time at once, however far its clock is behind', async () => {
    let ahead = 0;
    class Ahead extends RealClock {
      override now(): number {
        return super.now() + ahead;
      }
    }
    const device = await start(
      `import { listen } from 'sim/bridge';
listen(20, () => trace('event\\n'));`,
      { clock: new Ahead() },
    );
    // As if its process had taken a minute to start.
    ahead = 60_000;
    device.post(20, Uint8Array.of(1));
    await device.until(() => device.traces.includes('event'), { limit: 10_000 });
  });
});

describe('traces and timers', () => {
  test('pass on a long text whole, and leave alone what is no timer', async () => {
    const device = await start(
      `import Timer from 'timer';
       trace('x'.repeat(10_000) + '\\n');
       for (const other of [undefined, null, {}, [], 1, Timer]) Timer.clear(other as never);
       const once = Timer.set(() => trace('once\\n'), 1);
       Timer.set(() => { Timer.clear(once); Timer.clear(once); trace('after\\n'); }, 10);`,
    );
    await device.run(100);
    expect(device.traces.map((line) => line.length)).toEqual([10_000, 4, 5]);
  });
});

describe('pins', () => {
  test('show their signals, fail on schedule, and are claimed once', async () => {
    const device = await start(
      `import Analog from 'embedded:io/analog';
       import Timer from 'timer';
       const pin = new Analog({ pin: 34 });
       try { new Analog({ pin: 34 }); } catch (error) { trace(String(error) + '\\n'); }
       try { new Analog({ pin: 5 }); } catch (error) { trace(String(error) + '\\n'); }
       Timer.repeat(() => { try { trace(pin.read() + '\\n'); } catch (error) { trace(String(error) + '\\n'); } }, 10);`,
      { pins: { 34: [samples([1, 2, 3, 4, 5, 6], 100), constant(10), failure(30, 40)] } },
    );
    await device.run(60);
    expect(device.traces).toEqual([
      expect.stringMatching(/^Error: .*in use/),
      expect.stringMatching(/^RangeError: .*not analog pin/),
      '12',
      '13',
      'undefined',
      '15',
      '16',
      '11',
    ]);
    device.setPin(34, constant(7));
    await device.run(10);
    expect(device.traces.at(-1)).toBe('7');
  });

  test('keep the edges that fell before a signal was changed', async () => {
    const device = await start(
      `import { edges } from 'sim/pins';
       import Timer from 'timer';
       Timer.set(() => trace(edges(4, 1) + '\\n'), 300);`,
      { pins: { 4: toggle(0.02) } },
    );
    await device.run(101);
    device.setPin(4, constant(0));
    await device.run(99);
    device.setPin(4, constant(4095));
    await device.run(101);
    // one every 20 ms until 101 ms, one when the constant rose
    expect(device.traces).toEqual(['6']);
  });

  test('coalesce edges that fall while the VM is busy', async () => {
    const device = await start(
      `import Digital from 'embedded:io/digital';
       import Timer from 'timer';
       let calls = 0;
       const pin = new Digital({ pin: 4, mode: Digital.Input, edge: Digital.Rising, onReadable() { calls++; } });
       Timer.set(() => Timer.delay(100), 205);
       Timer.set(() => { trace(calls + ' ' + pin.read() + '\\n'); }, 501);`,
      { pins: { 4: toggle(0.02) } },
    );
    await device.run(600);
    // 25 rising edges fall in 500 ms; the five while the VM stood are one call
    expect(device.traces).toEqual(['21 1']);
  });
});

describe('the bridge', () => {
  test('calls the parent in the middle of a turn and gets events back in order of time', async () => {
    const device = await start(
      `import { call, listen } from 'sim/bridge';
       import Time from 'time';
       listen(20, (bytes) => trace(Time.ticks + ' event ' + new Uint8Array(bytes)[0] + '\\n'));
       trace('reply ' + new Uint8Array(call(20, Uint8Array.of(1, 2, 3).buffer)).join() + '\\n');
       try { call(21, new ArrayBuffer(0)); } catch (error) { trace(String(error) + '\\n'); }`,
    );
    device.channel(20, {
      async call(bytes, now) {
        const reply = bytes.map((byte) => byte * 2);
        device.post(20, Uint8Array.of(2), now + 50);
        device.clock.at(now + 20, () => device.post(20, Uint8Array.of(1)));
        await new Promise((done) => setTimeout(done, 20));
        return reply;
      },
    });
    await device.run(100);
    expect(device.traces).toEqual([
      'reply 2,4,6',
      expect.stringMatching(/^Error: .*nobody serves channel 21/),
      '20 event 1',
      '50 event 2',
    ]);
  });

  test('lets several devices meet on one clock', async () => {
    const clock = new VirtualClock();
    const main = `import { call, listen } from 'sim/bridge';
       import Time from 'time';
       import Timer from 'timer';
       listen(20, (bytes) => trace(Time.ticks + '\\n'));
       Timer.repeat(() => call(20, new ArrayBuffer(1)), 100);`;
    const devices = await Promise.all([start(main, { clock }), start(main, { clock })]);
    const at: number[] = [];
    devices[0]!.channel(20, {
      call(_, now) {
        at.push(now);
        clock.at(now + 5, () => devices[1]!.post(20, new Uint8Array(1)));
        return undefined;
      },
    });
    devices[1]!.channel(20, { call: () => undefined });
    await clock.run(350);
    expect(at).toEqual([100, 200, 300]);
    expect(devices[1]!.traces).toEqual(['105', '205', '305']);
  });
});

describe('preferences', () => {
  test('outlive a power cut, with their types', async () => {
    const device = await start(
      `import Preference from 'preference';
       trace(JSON.stringify(Preference.keys('a').map((name) => Preference.get('a', name))) + '\\n');
       Preference.set('a', 'flag', true);
       Preference.set('a', 'count', -7);
       Preference.set('a', 'text', 'grüße');
       Preference.set('a', 'gone', 1);
       Preference.delete('a', 'gone');
       try { Preference.set('a', 'name-that-is-too-long', 1); } catch (error) { trace(String(error) + '\\n'); }`,
    );
    await device.run(10);
    await device.powerCut();
    await device.run(310);
    expect(device.traces).toEqual([
      '[]',
      expect.stringMatching(/^Error: .*nvs set fail/),
      '[true,-7,"grüße"]',
      expect.stringMatching(/^Error: .*nvs set fail/),
    ]);
  });

  test('are set in two steps, as the SDK does: erased, then written, and the power may go between them', async () => {
    const device = await start(
      `import Preference from 'preference';
       trace(Preference.get('a', 'count') + ' ' + Preference.get('a', 'other') + '\\n');
       Preference.set('a', 'count', 1);
       Preference.set('a', 'other', 1);`,
      { reboots: 'manual' },
    );
    await device.run(10);
    // Erase count, write count, erase other, write other; what is not there need not be erased.
    for (const [boots, step] of [1, 2, 2, 0].entries()) {
      device.preferences.nextBoot.cutPower(step);
      await device.reboot();
      await device.run(10);
      expect(device.exit).toMatchObject({ boot: boots + 2, reason: 'power cut', detail: 'in the settings' });
    }
    await device.reboot();
    await device.run(10);
    expect(device.traces).toEqual([
      'undefined undefined',
      '1 1',
      'undefined 1',
      '1 undefined',
      '1 undefined',
      '1 undefined',
    ]);
  });

  test('that find no room have lost what was there, as with the SDK', async () => {
    const device = await start(
      `import Preference from 'preference';
       Preference.set('a', 'text', 'old');
       for (const [name, size] of [['text', 4000], ['b', 3000], ['c', 3000], ['d', 3000], ['e', 3000], ['f', 3000], ['g', 3000], ['h', 3000]])
         try { Preference.set('a', name, 'x'.repeat(size)); } catch (error) { trace(name + ' ' + error.message + '\\n'); }
       trace(Preference.get('a', 'text') + '\\n');`,
    );
    await device.run(10);
    // 24 KB of NVS: five sectors of 126 entries of 32 B, and one that is kept free.
    expect(device.traces).toEqual([
      expect.stringMatching(/^text .*nvs set fail/),
      expect.stringMatching(/^h .*nvs set fail/),
      'undefined',
    ]);
  });
});
