/** NVS without room for anything: what cannot be noted costs a device nothing that it can do without. */
import { afterEach, describe, expect, test } from 'vitest';
import { analog, board, TestDevice } from './test-device.node';

const part = board([0], [], [analog(0, 10)]);

let device: TestDevice | undefined;
afterEach(async () => {
  await device?.close();
  device = undefined;
});

async function start(): Promise<TestDevice> {
  device = await TestDevice.start({ part, reboots: 'manual', settings: { ssid: '' } });
  await device.run(10);
  return device;
}

describe('with NVS full', () => {
  test('the same configuration is taken under another revision, also after a restart', async () => {
    const device = await start();
    await device.configure('r1', part);
    await device.run(61_000);
    await device.command({ name: 'fill' });
    expect(await device.configure('r2', part)).toEqual({ applied: true, problems: [] });
    const { configuration, streams } = await device.status();
    expect(configuration).toBe('r2');
    expect(streams[0]!.captured).toBeGreaterThan(600);
    await device.device.powerCut();
    await device.device.reboot();
    expect((await device.status()).configuration).toBe('r1');
    expect(await device.configure('r2', part)).toEqual({ applied: true, problems: [] });
  });

  test('a device that has no name yet captures all the same', async () => {
    const device = await start();
    await device.command({ name: 'fill', forget: 'part' });
    await device.device.powerCut();
    await device.device.reboot();
    await device.run(10_000);
    const { streams, log } = await device.status();
    expect(streams[0]!.captured).toBeGreaterThan(98);
    expect(log.join('\n')).toContain('no room left for the name');
  });
});
