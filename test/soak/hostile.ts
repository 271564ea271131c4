/** Bad input of every kind beside one good collector: no restart, and each of its readings comes to the gateway. */
import { readFileSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { StrictDisk } from '../../common/storage/strict-disk';
import { SimulatedDevice, VirtualClock } from '../../host-sim/device';
import { root } from '../../host-sim/manifest/paths';
import { SimulatedNetwork } from '../../host-sim/network/simulated-network';
import { constant, noise } from '../../host-sim/signals';
import type { StreamStatus } from '../../modules/capture/conservation';
import { modelNames } from '../../modules/config/memory-costs';
import { captureMethods } from '../../modules/config/methods';
import { hostileFirmware } from '../simulation/hostile-firmware';
import { Random } from '../simulation/random';
import { SimulatedGateway } from '../simulation/simulated-gateway';
import type { SoakTask } from './task';

const part = 'part';
const secret = 'a secret of the simulation';
const port = 8080;
/** ms between two bad inputs. */
const pause = 5_000;
/** Bytes of flash for readings. */
const flashBytes = 64 * 4_096;
/** ms of the last one's, by which the device is calm again. */
const calm = 20_000;

const goodResource = 'rdk:component:board/good';
/** Readings of six seconds and a round trip: those that a sync has not come to yet. */
const mostStored = 700;
/** Readings that may come after the answer by which they are counted. */
const mostAfterAnswer = 50;

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

/** Sensors whose driver gives whatever comes (`hostile-sensor.ts`). */
const readings = fc.array(fc.nat(), { minLength: 1, maxLength: 3 }).map((seeds) =>
  seeds.map((seed, index) => ({
    name: `s${index}`,
    api: 'rdk:component:sensor',
    model: 'hostile',
    attributes: { seed },
    service_configs: [
      {
        type: 'data_manager',
        attributes: { capture_methods: [{ method: 'Readings', capture_frequency_hz: 10 }] },
      },
    ],
  })),
);

/** Configurations, by what is bad in them. */
const kinds: Record<string, fc.Arbitrary<unknown[]>> = {
  components: fc.array(component, { maxLength: 12 }),
  readings,
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
  streams: (StreamStatus & { resource: string })[];
}

/** What a gateway may ask of a part: names and arguments of all kinds. */
const call = fc.record({
  resource: fc.oneof(fc.constantFrom('', goodResource, 'rdk:component:sensor/s0'), text),
  method: fc.oneof(
    fc.constantFrom('Status', 'FlashMap', 'Sync', 'ReadAnalogReader', 'SetPWM', 'GetGPIO', 'GetReadings'),
    text,
  ),
  arguments: fc.oneof(
    fc.dictionary(
      fc.oneof(text, fc.constantFrom('from', 'pin', 'analog_reader_name', 'duty_cycle_pct', 'high')),
      value,
      { maxKeys: 4 },
    ),
    fc.object({ maxDepth: 8, maxKeys: 30 }) as fc.Arbitrary<Record<string, unknown>>,
  ),
});

type Place = (typeof chips)[number];

/** A part and its gateway, in virtual time. */
async function begin(kind: string, { chip, pin }: Place, seed: number) {
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
    firmware: kind === 'readings' ? hostileFirmware() : root,
    board: chip,
    reboots: 'manual',
    flash: { partitions: { capture: flashBytes } },
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
  const where = `${kind} on ${chip}, seed ${seed}`;
  // Of the good collector, over all boots that were looked at.
  const told = { captured: 0, acknowledged: 0, boots: 0 };
  return { clock, configurations, gateway, device, where, told };
}

type World = Awaited<ReturnType<typeof begin>>;

function count(minutes: number): number {
  return Math.ceil((minutes * 60_000) / pause);
}

function checkRuns({ device, where }: World, input: string): void {
  if (device.running) return;
  const { reason, detail } = device.exit!;
  throw new Error(`${where}: ${reason}: ${detail}\n${input}`);
}

/** The good collector has every reading since the boot, and has delivered them but for those since the last sync. */
async function checkBoot({ clock, gateway, where, told }: World): Promise<void> {
  const request = { resource: '', method: 'Status', arguments: {}, deadline: 5_000 };
  let answer: { status: Status } | Error | undefined;
  gateway.server.call(part, request).then(
    (status) => {
      answer = { status: status as Status };
    },
    (error) => {
      answer = error as Error;
    },
  );
  while (answer === undefined) await clock.run(20);
  if (answer instanceof Error) throw new Error(`${where}: ${answer.message}`);
  const { status } = answer;
  const stream = status.streams.find(({ resource }) => resource === goodResource)!;
  const { captured, acknowledged, stored, missed, failed, overwritten, discarded } = stream;
  const lost = missed + failed + overwritten + discarded;
  if (lost > 0 || Math.abs(captured - status.uptime / 10) > 100 || stored > mostStored)
    throw new Error(`${where}: after ${status.uptime} ms ${JSON.stringify(stream)}`);
  told.captured += captured;
  told.acknowledged += acknowledged;
  told.boots++;
}

/** The gateway has of the good collector what was acknowledged, and nothing that was not captured. */
function checkReceived({ gateway, where, told }: World): void {
  const { captured, acknowledged, boots } = told;
  const received = gateway.directory
    .account()
    .filter(({ resource }) => resource === goodResource)
    .reduce((sum, each) => sum + each.received.readings, 0);
  if (received < acknowledged || received > captured + boots * mostAfterAnswer)
    throw new Error(
      `${where}: ${received} received, of ${captured} captured and ${acknowledged} acknowledged`,
    );
}

/** At the end of what the last boot went through. */
async function checkGood(world: World): Promise<void> {
  await world.clock.run(calm);
  await checkBoot(world);
  checkReceived(world);
}

async function configureBadly(kind: string, place: Place, minutes: number, seed: number): Promise<number> {
  const world = await begin(kind, place, seed);
  const { clock, configurations, gateway, device } = world;
  try {
    await clock.run(calm);
    const inputs = fc.sample(kinds[kind]!, { seed, numRuns: count(minutes) });
    for (const [index, components] of inputs.entries()) {
      const configuration = JSON.stringify({ components: [good(place.pin), ...components] });
      configurations.set(part, { revision: `r${index}`, part: configuration, additions: '' });
      gateway.server.configure(part);
      await clock.run(pause);
      checkRuns(world, configuration);
    }
    await checkGood(world);
    return inputs.length;
  } finally {
    await device.close();
  }
}

async function callBadly(place: Place, minutes: number, seed: number): Promise<number> {
  const world = await begin('calls', place, seed);
  const { clock, gateway, device } = world;
  try {
    await clock.run(calm);
    const inputs = fc.sample(fc.array(call, { maxLength: 12 }), { seed, numRuns: count(minutes) });
    for (const calls of inputs) {
      // What comes of them is theirs: an answer, a refusal, or none in time.
      const answers = calls.map((each) => gateway.server.call(part, { ...each, deadline: 3_000 }));
      await Promise.all([Promise.allSettled(answers), clock.run(pause)]);
      checkRuns(world, JSON.stringify(calls));
    }
    await checkGood(world);
    return inputs.length;
  } finally {
    await device.close();
  }
}

/** How what lies in flash is spoilt while the power is off. */
const damages: Record<string, (image: Buffer, random: () => number) => void> = {
  noise: (image, random) => {
    for (let at = 0; at < image.length; at++) image[at] = random() * 256;
  },
  zeros: (image) => void image.fill(0),
  blank: (image) => void image.fill(0xff),
  'flipped bits': (image, random) => {
    for (let left = 1_000; left > 0; left--)
      image[Math.floor(random() * image.length)]! ^= 1 << Math.floor(random() * 8);
  },
  'sectors that changed places': (image, random) => {
    for (let left = 20; left > 0; left--) {
      const [from, to] = [0, 0].map(() => 4_096 * Math.floor((random() * image.length) / 4_096));
      image.copyWithin(to!, from!, from! + 4_096);
    }
  },
  'heads of sectors that are noise': (image, random) => {
    for (let sector = 0; sector < image.length; sector += 4_096)
      for (let at = sector + 4; at < sector + 32; at++) image[at] = random() * 256;
  },
};

async function spoilFlash(place: Place, minutes: number, seed: number): Promise<number> {
  const world = await begin('flash', place, seed);
  const { clock, device } = world;
  const random = new Random(seed);
  const names = Object.keys(damages);
  try {
    await clock.run(calm);
    for (let index = 0; index < count(minutes); index++) {
      const name = names[Math.floor(random.next() * names.length)]!;
      await checkBoot(world);
      await device.powerCut();
      const image = readFileSync(device.flash.path);
      damages[name]!(image, random.next);
      writeFileSync(device.flash.path, image);
      await device.reboot();
      await clock.run(pause);
      checkRuns(world, name);
    }
    await checkGood(world);
    return count(minutes);
  } finally {
    await device.close();
  }
}

export const task: SoakTask = {
  description:
    'no configuration, reading, call or flash restarts a device or costs a good collector one reading, captured or delivered',
  unit: 'virtual minutes a kind and chip',
  sample: 0.5,
  full: 60,
  async run(minutes, seed) {
    let inputs = 0;
    for (const place of chips) {
      for (const kind of Object.keys(kinds)) inputs += await configureBadly(kind, place, minutes, seed);
      inputs += await callBadly(place, minutes, seed);
      inputs += await spoilFlash(place, minutes, seed);
    }
    return `${inputs} bad inputs, no restart`;
  },
};
