/** Bad input of every kind beside one good collector: no restart, and not one of its readings missed. */
import fc from 'fast-check';
import { StrictDisk } from '../../common/storage/strict-disk';
import { SimulatedDevice, VirtualClock } from '../../host-sim/device';
import { root } from '../../host-sim/manifest/paths';
import { SimulatedNetwork } from '../../host-sim/network/simulated-network';
import { constant, noise } from '../../host-sim/signals';
import { modelNames } from '../../modules/config/memory-costs';
import { captureMethods } from '../../modules/config/methods';
import { Random } from '../simulation/random';
import { SimulatedGateway } from '../simulation/simulated-gateway';
import type { SoakTask } from './task';

const part = 'part';
const secret = 'a secret of the simulation';
const port = 8080;
/** ms between two bad inputs. */
const pause = 5_000;
/** ms of the last one's, by which the device is calm again. */
const calm = 20_000;

const chips = [
  { chip: 'esp32', pin: 34 },
  { chip: 'esp32c3', pin: 0 },
] as const;

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.constantFrom('', '\0', 'a\0b', '\ud800', '\udc00x', 'constructor', '__proto__', 'x'.repeat(300), '😀'),
);
const value = fc.oneof(text, fc.double(), fc.integer(), fc.jsonValue({ maxDepth: 3 }));
const attributes = fc.dictionary(fc.oneof(text, fc.constantFrom('analogs', 'pins', 'i2cs', 'board')), value, {
  maxKeys: 5,
});
const method = fc.record(
  {
    method: fc.oneof(text, fc.constantFrom(...captureMethods.map((row) => row.method))),
    capture_frequency_hz: fc.oneof(value, fc.constantFrom(1, 10, 0.1, '5')),
    cache_size_kb: fc.oneof(value, fc.constantFrom(1, 20, 1e9)),
    additional_params: fc.dictionary(fc.oneof(text, fc.constantFrom('reader_name', 'pin_name')), value, {
      maxKeys: 3,
    }),
    tags: fc.oneof(value, fc.array(text, { maxLength: 3 })),
  },
  { requiredKeys: ['method', 'capture_frequency_hz'] },
);
const component = fc.constantFrom(...modelNames).chain((kind) => {
  const [type, model] = kind.split('/');
  return fc.record({
    name: fc.oneof(text, fc.constantFrom('a', 'b', 'c')),
    api: fc.oneof({ weight: 4, arbitrary: fc.constant(`rdk:component:${type}`) }, text),
    model: fc.oneof({ weight: 4, arbitrary: fc.constant(model) }, text),
    attributes: fc.oneof({ weight: 4, arbitrary: attributes }, value),
    depends_on: fc.oneof(fc.constant([]), fc.array(text, { maxLength: 3 }), value),
    service_configs: fc.oneof(
      {
        weight: 4,
        arbitrary: fc
          .array(method, { maxLength: 6 })
          .map((methods) => [{ type: 'data_manager', attributes: { capture_methods: methods } }]),
      },
      value,
    ),
  });
});

/** What the good collector captures: a pin at 100 Hz. */
function good(pin: number): object {
  const captured = {
    method: 'Analogs',
    capture_frequency_hz: 100,
    cache_size_kb: 10,
    additional_params: { reader_name: 'good' },
  };
  return {
    name: 'good',
    api: 'rdk:component:board',
    model: 'esp32',
    attributes: { analogs: [{ name: 'good', pin }] },
    service_configs: [{ type: 'data_manager', attributes: { capture_methods: [captured] } }],
  };
}

const kinds: Record<string, fc.Arbitrary<unknown[]>> = {
  components: fc.array(component, { maxLength: 12 }),
  'sensors beyond all memory': fc.integer({ min: 0, max: 48 }).map((count) =>
    Array.from({ length: count }, (_, index) => ({
      name: `s${index}`,
      api: 'rdk:component:sensor',
      model: 'fake',
      service_configs: [
        {
          type: 'data_manager',
          attributes: { capture_methods: [{ method: 'Readings', capture_frequency_hz: 1 }] },
        },
      ],
    })),
  ),
  'no components': fc.array(value, { maxLength: 20 }),
};

interface Status {
  uptime: number;
  streams: { resource: string; captured: number; missed: number; failed: number }[];
}

async function run(kind: string, { chip, pin }: (typeof chips)[number], minutes: number, seed: number) {
  const clock = new VirtualClock();
  const network = new SimulatedNetwork({ seed, latency: 5, jitter: 20 });
  const configurations = new Map<string, { revision: string; part: string; additions: string }>();
  const gateway = new SimulatedGateway({
    clock,
    network,
    disk: new StrictDisk(),
    secrets: { [part]: secret },
    configurations,
    random: new Random(seed).next,
    port,
  });
  await gateway.start();
  const device = await SimulatedDevice.start({
    firmware: root,
    board: chip,
    clock,
    network,
    seed,
    pins: { [pin]: [constant(2_000), noise(2, seed)] },
    config: {
      ssid: 'sim',
      gateway: `ws://localhost:${port}`,
      part,
      chip,
      secret,
      configuration: JSON.stringify({ components: [good(pin)] }),
    },
  });
  try {
    await clock.run(calm);
    const inputs = fc.sample(kinds[kind]!, { seed, numRuns: Math.ceil((minutes * 60_000) / pause) });
    for (const [index, components] of inputs.entries()) {
      const configuration = JSON.stringify({ components: [good(pin), ...components] });
      configurations.set(part, { revision: `r${index}`, part: configuration, additions: '' });
      gateway.server.configure(part);
      await clock.run(pause);
      if (device.exit)
        throw new Error(
          `${kind} on ${chip}, seed ${seed}: ${device.exit.reason}: ${device.exit.detail}\n${configuration}`,
        );
    }
    await clock.run(calm);
    const asked = gateway.server.call(part, {
      resource: '',
      method: 'Status',
      arguments: {},
      deadline: 5_000,
    });
    const [status] = await Promise.all([asked as Promise<Status>, clock.run(10_000)]);
    const { captured, missed, failed } = status.streams.find(
      ({ resource }) => resource === 'rdk:component:board/good',
    )!;
    if (missed + failed > 0 || Math.abs(captured - status.uptime / 10) > 100)
      throw new Error(
        `${kind} on ${chip}, seed ${seed}: ${captured} captured in ${status.uptime} ms, ${missed} missed, ${failed} failed`,
      );
    return inputs.length;
  } finally {
    await device.close();
  }
}

export const task: SoakTask = {
  description: 'no configuration restarts a device or costs a good collector one reading',
  unit: 'virtual minutes a kind and chip',
  sample: 1,
  full: 60,
  async run(minutes, seed) {
    let inputs = 0;
    for (const kind of Object.keys(kinds))
      for (const chip of chips) inputs += await run(kind, chip, minutes, seed);
    return `${inputs} configurations, no restart`;
  },
};
