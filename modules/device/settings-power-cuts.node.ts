/** A device in the simulator whose power fails between the steps of its settings, one step later at each boot. */
import { analog, board, TestDevice } from './test-device.node.js';

const part = (hertz: number) => ({
  ...board([0, 1], [], [analog(0, hertz), analog(1, 10)]),
  services: [
    { name: 'data_manager', api: 'rdk:service:data_manager', attributes: { retain_unsynced: true } },
  ],
});

/** ms after which a configuration counts as proved. */
const proof = 61_000;

export async function startWithSettings(): Promise<TestDevice> {
  const device = await TestDevice.start({ part: part(1), reboots: 'manual', settings: { ssid: '' } });
  await device.run(10);
  return device;
}

/**
 * Boots until one comes to its end: each gets a new configuration, lets it prove itself and asks for a restart; each
 * loses its power a step of its settings later than the one before.
 * @returns how many cuts
 * @throws when a boot after a cut has not a configuration whole, its streams, its name and a new boot number
 */
export async function cutAtEachStep(test: TestDevice): Promise<number> {
  await configure(test, 'r0', 2);
  await test.run(proof);
  const { part: name } = await identity(test);
  let before = 'r0';
  let proved = 'r0';
  let { boot } = await identity(test);
  for (let step = 0; ; step++) {
    const fail = (message: string): never => {
      throw new Error(`power cut before step ${step} of the settings: ${message}`);
    };
    const revision = `r${step + 1}`;
    const cut = await bootUntilCut(test, step, async () => {
      await configure(test, revision, 3 + (step % 5));
      await test.run(proof);
      if (test.device.running) proved = revision;
      await test.command({ name: 'restart' }).catch(() => {});
    });
    await test.device.reboot();
    await test.run(10);
    const { configuration, streams } = await test.status();
    if (![before, revision, proved].includes(configuration))
      fail(`runs ${configuration}, neither ${before} nor ${revision} nor ${proved}`);
    if (streams.filter(({ resource }) => resource.endsWith('/b')).length < 2)
      fail(`${streams.length} streams`);
    const now = await identity(test);
    if (now.part !== name) fail(`is ${now.part}, not ${name}`);
    if (now.boot <= boot) fail(`boot ${now.boot} after ${boot}`);
    before = configuration;
    boot = now.boot;
    if (!cut) return step;
  }
}

function configure(test: TestDevice, revision: string, hertz: number): Promise<unknown> {
  return test.configure(revision, part(hertz));
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

async function identity(test: TestDevice): Promise<{ part: string; boot: number }> {
  const { log } = await test.status();
  const [, name, counter] = /(\S+), boot (\d+)-/.exec(log.join('\n'))!;
  return { part: name!, boot: Number(counter) };
}
