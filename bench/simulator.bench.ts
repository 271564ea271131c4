/** How fast the simulator is: what a virtual hour costs, and a start. */
import { join } from 'node:path';
import { SimulatedDevice } from '../host-sim/device';
import { root } from '../host-sim/manifest/paths';
import { noise, sine } from '../host-sim/signals';
import { atMost, type Figure } from './figure';

const pins = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

const start = () =>
  SimulatedDevice.start({
    firmware: join(root, 'host-sim', 'examples', 'sampler'),
    board: 'esp32s3',
    config: { pins, digital: [11, 12] },
    pins: Object.fromEntries([...pins, 11, 12].map((pin) => [pin, [sine(2000, pin / 10), noise(9, pin)]])),
  });

export default async function (): Promise<Figure[]> {
  const device = await start();
  const hour = await seconds(() => device.run(3_600_000));
  await device.close();
  const boot = await seconds(async () => (await start()).close());
  return [
    atMost(
      'virtual hour of 12 pins at 100 Hz',
      hour,
      's',
      60,
      'issue A; a day of 1,200 readings a second is 24 of these',
    ),
    atMost('start of a device whose firmware is compiled', boot, 's', 1),
  ];
}
