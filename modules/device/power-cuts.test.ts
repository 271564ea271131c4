/** The composed device in the simulator, whose power fails between the steps of its settings. */
import { afterAll, describe, expect, it } from 'vitest';
import { seed } from '../../test/chance';
import { analog, board, TestDevice } from './test-device.node';

const part = (hertz: number) => ({
  ...board([0, 1], [], [analog(0, hertz), analog(1, 10)]),
  services: [
    { name: 'data_manager', api: 'rdk:service:data_manager', attributes: { retain_unsynced: true } },
  ],
});

const devices: TestDevice[] = [];
afterAll(() => Promise.all(devices.map((device) => device.close())));

async function start(): Promise<TestDevice> {
  const device = await TestDevice.start({ part: part(1), reboots: 'manual', settings: { ssid: '' } });
  devices.push(device);
  await device.run(10);
  return device;
}

/** A boot whose power fails before that step of its settings, or else after its work. @returns whether it came to it */
async function bootUntilCut(test: TestDevice, step: number, work: () => Promise<unknown>): Promise<boolean> {
  const { device } = test;
  device.preferences.nextBoot.cutPower(step);
  await device.reboot();
  if (device.running) await test.run(10);
  try {
    if (device.running) await work();
  } catch (error) {
    if (device.running) throw error;
  }
  const cut = !device.running && device.exit?.detail === 'in the settings';
  if (device.running) await device.powerCut();
  return cut;
}

describe('a device whose power fails while it writes its settings', () => {
  it('starts with the new configuration, the one before or the last that proved itself, its name and a new boot number, at each step', async () => {
    const test = await start();
    await test.configure('r0', part(2));
    const { part: name } = await identity(test);
    let before = 'r0';
    let proved = 'r0';
    let boot = (await identity(test)).boot;
    let cuts = 0;
    for (let step = 0; ; step++) {
      const revision = `r${step + 1}`;
      const cut = await bootUntilCut(test, step, async () => {
        await test.configure(revision, part(3 + (step % 5)));
        await test.run(61_000);
        if (test.device.running) proved = revision;
        await test.command({ name: 'restart' }).catch(() => {});
      });
      await test.device.reboot();
      await test.run(10);
      const { configuration, streams } = await test.status();
      expect([before, revision, proved]).toContain(configuration);
      expect(streams.filter(({ resource }) => resource.endsWith('/b')).length).toBeGreaterThanOrEqual(2);
      const now = await identity(test);
      expect(now.part).toBe(name);
      expect(now.boot).toBeGreaterThan(boot);
      before = configuration;
      boot = now.boot;
      if (!cut) break;
      cuts++;
    }
    // The boot counter, the chunks and the head, the declarations, the trial's end, the restart's reason.
    expect(cuts).toBeGreaterThan(15);
    console.log(`settings: the power failed at each of ${cuts} steps, seed ${seed}`);
  }, 120_000);
});

async function identity(test: TestDevice): Promise<{ part: string; boot: number }> {
  const { log } = await test.status();
  const [, name, counter] = /(\S+), boot (\d+)-/.exec(log.join('\n'))!;
  return { part: name!, boot: Number(counter) };
}
