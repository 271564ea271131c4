import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { expect, test } from 'vitest';
import { SimulatedDevice } from './device';
import { inlineFirmware } from './inline-firmware';
import { edges, failure, noise, samples, toggle } from './signals';

const missing = spawnSync('valgrind', ['--version']).status !== 0 && process.env.CI !== 'true';

/** Does something of everything that the host does in C, and collects in between. */
const everything = inlineFirmware({
  main: `import Analog from 'embedded:io/analog';
    import Digital from 'embedded:io/digital';
    import flash from 'embedded:storage/flash';
    import Preference from 'preference';
    import { call, listen } from 'sim/bridge';
    import { collect } from 'sim/meter';
    import { edges } from 'sim/pins';
    import Timer from 'timer';
    const analog = new Analog({ pin: 34 });
    const data = flash.open({ path: 'data' });
    let calls = 0;
    const digital = new Digital({ pin: 4, mode: Digital.Input, edge: 3, onReadable() { calls++; } });
    listen(20, (bytes) => trace('event ' + bytes.byteLength + '\\n'));
    const once = Timer.set(() => { throw new Error('cleared'); }, 5000);
    let round = 0;
    Timer.repeat((timer) => {
      try { analog.read(); } catch { trace('failed\\n'); }
      data.eraseBlock(round % 4);
      data.write(Uint8Array.of(round, 2, 3), round * 300);
      Preference.set('test', 'round', round);
      Preference.set('test', 'text', 'x'.repeat(round));
      call(20, new ArrayBuffer(round));
      collect();
      if (++round === 12) {
        Timer.clear(timer);
        Timer.clear(once);
        listen(20);
        digital.close();
        analog.close();
        collect();
        trace('done ' + edges(5, 3) + ' ' + Preference.keys('test').length + ' ' + (calls > 0) + '\\n');
        Timer.set(() => (undefined as unknown as () => void)(), 10);
      }
    }, 25);`,
});

test.skipIf(missing)(
  `the host touches no memory it must not (valgrind)${missing ? ': skipped, valgrind is not installed' : ''}`,
  async () => {
    const directory = mkdtempSync(join(tmpdir(), 'sluice-test-'));
    const log = join(directory, 'valgrind');
    const device = await SimulatedDevice.start({
      firmware: everything,
      reboots: 'manual',
      directory,
      flash: { partitions: { data: 16384 }, timing: 'typical' },
      pins: {
        34: [samples([1, 2, 3], 100), noise(3), failure(100, 130)],
        4: toggle(0.01),
        5: edges([10, 20, 30]),
      },
      truth: join(directory, 'truth'),
      // 64 bits: for 32 valgrind wants symbols of a C library that is not usually installed
      host: { wide: true, debug: true, wrapper: ['valgrind', '--quiet', `--log-file=${log}`] },
    });
    device.channel(20, {
      call(bytes, now) {
        device.post(20, new Uint8Array(3), now + 5);
        return bytes.slice();
      },
    });
    try {
      await device.run(2000);
      expect(device.exit).toMatchObject({ reason: 'unhandled exception' });
      expect(device.traces.at(-1)).toMatch(/^done 3 2 true/);
      expect(readFileSync(log, 'utf8')).toBe('');
    } finally {
      await device.close();
      rmSync(directory, { recursive: true, force: true });
    }
  },
  240_000,
);

test('a report after a collection says what each class has in memory, and nothing of what is in flash', async () => {
  const device = await SimulatedDevice.start({
    firmware: inlineFirmware({
      main: `class Kept { one = 1; bytes = new Uint8Array(1000); }
        globalThis.kept = [new Kept(), new Kept()];
        new Kept();`,
    }),
  });
  try {
    await device.run(10);
    const { census } = await device.report({ collect: true });
    expect(census?.Kept).toEqual([2, 6, 0]);
    const [, , bytes] = census?.ArrayBuffer ?? [];
    expect(bytes).toBeGreaterThanOrEqual(2_000);
    expect(bytes).toBeLessThan(3_000);
    expect((await device.report()).census).toBeUndefined();
  } finally {
    await device.close();
  }
});
