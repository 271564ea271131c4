import { afterEach, describe, expect, test } from 'vitest';
import { SimulatedDevice } from './device';
import { inlineFirmware } from './inline-firmware';
import { SimulatedNetwork } from './network/simulated-network';

const main = `trace('main\\n');`;
let device: SimulatedDevice | undefined;

async function start(
  options: Partial<Parameters<typeof SimulatedDevice.start>[0]>,
): Promise<SimulatedDevice> {
  device = await SimulatedDevice.start({ firmware: inlineFirmware({ main }), ...options });
  return device;
}

/** ms of the clock at which the main module ran. */
function mainAt({ events }: SimulatedDevice): number | undefined {
  return events.find((event) => event.kind === 'trace' && event.text === 'main\n')?.at;
}

describe('set-up modules, as the SDK has them', () => {
  afterEach(() => device?.close());

  test("hold the main module back: the SDK's own waits for WiFi once an ssid is set", async () => {
    const away = { network: new SimulatedNetwork({ accessPoints: [] }) };
    await start(away);
    await device!.run(1);
    expect(mainAt(device!)).toBe(0);
    await device!.close();
    await start({ ...away, config: { ssid: 'sim' } });
    await device!.run(3_600_000);
    expect(mainAt(device!)).toBeUndefined();
  });

  test('and for the time server', async () => {
    const network = new SimulatedNetwork();
    network.timeServerDown({ from: 0 });
    await start({ network, config: { ssid: 'sim' } });
    await device!.run(60_000);
    expect(mainAt(device!)).toBeGreaterThan(25_000);
  });

  test('hold it back for good when one never calls back, and run it once each has', async () => {
    const never = `export default function (done: () => void) {}`;
    await start({ firmware: inlineFirmware({ main, modules: { 'setup/never': never } }) });
    await device!.run(60_000);
    expect(mainAt(device!)).toBeUndefined();
    await device!.close();
    const late = `import Timer from 'timer';
      export default function (done: () => void) { Timer.set(done, 2_000); }`;
    await start({ firmware: inlineFirmware({ main, modules: { 'setup/late': late } }) });
    await device!.run(60_000);
    expect(mainAt(device!)).toBe(2_000);
  });
});
