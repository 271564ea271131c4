/** `retain_unsynced`, the firmware as it is against the real gateway: what was in flash when a boot ended still comes. */
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { StrictDisk } from '../../common/storage/strict-disk';
import { SimulatedDevice, VirtualClock } from '../../host-sim/device';
import { SimulatedNetwork } from '../../host-sim/network/simulated-network';
import { constant, noise } from '../../host-sim/signals';
import { type DecodedBlock, decodeBlock } from '../../modules/block/decoder';
import { readCaptureFile } from '../../modules/block/file';
import { seed } from '../chance';
import { Random } from './random';
import { SimulatedGateway } from './simulated-gateway';

const root = fileURLToPath(new URL('../..', import.meta.url));
const part = 'keeper';
const secret = 'a secret of the simulation';
const second = 1_000;

let clock: VirtualClock;
let network: SimulatedNetwork;
let gateway: SimulatedGateway;
let device: SimulatedDevice;

function configuration(retain: boolean): string {
  const method = (pin: number, hz: number) => ({
    method: 'Analogs',
    capture_frequency_hz: hz,
    cache_size_kb: 20,
    additional_params: { reader_name: `P${pin}` },
    tags: [`tag-${pin}`],
  });
  const board = {
    name: 'board',
    api: 'rdk:component:board',
    model: 'esp32',
    attributes: { analogs: [32, 33].map((pin) => ({ name: `P${pin}`, pin: String(pin) })) },
    service_configs: [
      { type: 'data_manager', attributes: { capture_methods: [method(32, 100), method(33, 50)] } },
    ],
  };
  const attributes = { ram_head_kb: 0, ...(retain && { retain_unsynced: true }) };
  const data = { name: 'data', api: 'rdk:service:data_manager', attributes };
  return JSON.stringify({ components: [board], services: [data] });
}

beforeEach(() => {
  clock = new VirtualClock();
  network = new SimulatedNetwork({ seed: 1, latency: 5 });
  gateway = new SimulatedGateway({
    clock,
    network,
    disk: new StrictDisk(),
    secrets: { [part]: secret },
    configurations: new Map(),
    random: new Random(1).next,
    port: 8080,
  });
});

afterEach(async () => {
  await device.close();
});

async function startDevice(retain: boolean): Promise<void> {
  device = await SimulatedDevice.start({
    firmware: root,
    board: 'esp32',
    clock,
    network,
    seed: 3,
    reboots: 'manual',
    pins: { 32: [constant(2_000), noise(40, 1)], 33: [constant(1_000), noise(40, 2)] },
    config: {
      ssid: 'sim',
      gateway: 'ws://localhost:8080',
      part,
      chip: 'esp32',
      secret,
      configuration: configuration(retain),
    },
  });
}

interface Arrived {
  block: DecodedBlock;
  known: boolean;
  offset: number;
  tags: readonly string[];
}

/** Every block on the gateway's disk, by `boot counter/stream`, in order; fails when one is there twice. */
async function arrived(): Promise<Map<string, Arrived[]>> {
  // No sync of the simulated disk may wait for time that does not pass.
  gateway.options.disk.pause = undefined;
  await clock.run(100);
  await gateway.directory.complete();
  const found = new Map<string, Arrived[]>();
  for (const file of gateway.directory.waiting()) {
    const contents = readCaptureFile((await gateway.directory.read(file))!);
    for (const { bytes, mapping } of contents.blocks) {
      const block = decodeBlock(bytes) as DecodedBlock;
      const { boot, stream } = contents.metadata;
      expect(block.boot).toEqual(boot);
      const key = `${boot.counter}/${stream}`;
      const { known, offset } = mapping;
      found.set(key, [...(found.get(key) ?? []), { block, known, offset, tags: contents.metadata.tags }]);
    }
  }
  for (const blocks of found.values()) {
    blocks.sort((a, b) => a.block.sequence - b.block.sequence);
    const sequences = blocks.map(({ block }) => block.sequence);
    expect(new Set(sequences).size).toBe(sequences.length);
  }
  return found;
}

function readingsOf(blocks: Arrived[] | undefined): number {
  return (blocks ?? []).reduce((sum, { block }) => sum + block.count, 0);
}

/** All blocks of one stream from the first on, with at least `seconds` of readings. */
function expectWhole(blocks: Arrived[] | undefined, seconds: number, hz: number): void {
  expect(blocks?.map(({ block }) => block.sequence)).toEqual(blocks?.map((_, index) => index));
  expect(readingsOf(blocks)).toBeGreaterThan(seconds * hz);
}

/** Wall time of the first reading less that at which it was taken, when the boot began at `began` of the clock. */
function clockError({ block, offset }: Arrived, began: number): number {
  return block.times().requested[0]! + offset - (network.wallTime() - clock.now() + began);
}

test('what earlier boots had in flash arrives once, under their own names, through two restarts and a power cut', async () => {
  await startDevice(true);
  await device.run(60 * second);
  await device.reboot();
  await device.run(60 * second);
  await device.powerCut();
  await device.reboot();
  await device.run(5 * second);
  await gateway.start();
  await device.run(20 * second);
  const found = await arrived();
  // What waits for its page or its block to fill is not in flash: at most 256 + 512 B a stream, some 700 readings.
  for (const boot of [1, 2]) {
    expectWhole(found.get(`${boot}/0`), 50, 100);
    expectWhole(found.get(`${boot}/1`), 40, 50);
    expect(found.get(`${boot}/0`)![0]!.tags).toEqual(['tag-32']);
    expect(found.get(`${boot}/1`)![0]!.tags).toEqual(['tag-33']);
    expect(found.get(`${boot}/0`)![0]!.known).toBe(true);
    expect(Math.abs(clockError(found.get(`${boot}/0`)![0]!, (boot - 1) * 60 * second))).toBeLessThan(second);
  }
  expectWhole(found.get('3/0'), 20, 100);

  const { blocks } = gateway.server.counters;
  const before = [...found].filter(([key]) => !key.startsWith('3/')).map(([key, of]) => [key, of.length]);
  await device.reboot();
  await device.run(20 * second);
  const after = await arrived();
  expect([...after].filter(([key]) => /^[12]\//.test(key)).map(([key, of]) => [key, of.length])).toEqual(
    before,
  );
  expect(gateway.server.counters).toMatchObject({ duplicates: 0, refusals: {} });
  expect(gateway.server.counters.blocks).toBeGreaterThan(blocks);
});

test('by default nothing of an earlier boot is ever sent', async () => {
  await startDevice(false);
  await device.run(60 * second);
  await device.reboot();
  await gateway.start();
  await device.run(20 * second);
  expect([...(await arrived()).keys()].sort()).toEqual(['2/0', '2/1']);
  expect([...gateway.promised.keys()].filter((key) => !/\/2-[0-9a-f]{8}\/\d$/.test(key))).toEqual([]);
  expect(gateway.server.counters.refusals).toEqual({});
});

test('of what an earlier boot had overwritten itself, the rest comes after a gap', async () => {
  await startDevice(true);
  await device.run(400 * second);
  await device.reboot();
  await device.run(5 * second);
  await gateway.start();
  await device.run(30 * second);
  const blocks = (await arrived()).get('1/0')!;
  const first = blocks[0]!.block.sequence;
  expect(first).toBeGreaterThan(10);
  expect(blocks.map(({ block }) => block.sequence)).toEqual(blocks.map((_, index) => first + index));
  expect(blocks.at(-1)!.block.times().requested[0]).toBeGreaterThan(380 * second);
  const [gaps] = [...gateway.gaps].filter(([key]) => /\/1-[0-9a-f]{8}\/0$/.test(key)).map(([, of]) => of);
  // Of a last block that began on a full page and ended on one that was not, only the head is in flash.
  const next = first + blocks.length;
  expect([
    [[0, first]],
    [
      [0, first],
      [next, next + 1],
    ],
  ]).toContainEqual(gaps);
  expect(gateway.server.counters.refusals).toEqual({});
});

test('power cuts of the device and kills of the gateway during the delivery cost nothing and repeat nothing', async () => {
  console.log(`seed ${seed}`);
  const random = new Random(seed);
  network = new SimulatedNetwork({ seed, latency: 20, jitter: 30, bandwidth: 4_000 });
  gateway.options.network = network;
  await startDevice(true);
  await device.run(120 * second);
  await device.powerCut();
  const promised = () =>
    [...gateway.promised].reduce((sum, [key, next]) => (key.includes('/1-') ? sum + next : sum), 0);
  const steps = new Set<number>();
  for (let cut = 0; cut < 12; cut++) {
    await device.reboot();
    await gateway.start();
    await device.run(random.whole(2_000, 3_500));
    await device.powerCut();
    if (cut % 3 === 2) gateway.kill(true);
    steps.add(promised());
  }
  await device.reboot();
  await gateway.start();
  await device.run(60 * second);
  steps.delete(0);
  console.log(`of boot 1 was acknowledged at the cuts: ${[...steps].join(', ')}; in the end ${promised()}`);
  steps.delete(promised());
  expect(steps.size).toBeGreaterThan(0);
  const found = await arrived();
  expectWhole(found.get('1/0'), 110, 100);
  expectWhole(found.get('1/1'), 100, 50);
  expect(gateway.server.counters.refusals).toEqual({});
});

test('a boot that never knew the time is marked so, one that learned it from the gateway keeps that', async () => {
  network = new SimulatedNetwork({ seed: 1, latency: 5, timeServers: [] });
  gateway.options.network = network;
  await startDevice(true);
  await device.run(60 * second);
  await device.reboot();
  await device.run(5 * second);
  await gateway.start();
  await device.run(20 * second);
  gateway.kill(false);
  await device.run(60 * second);
  await device.reboot();
  await gateway.start();
  await device.run(20 * second);
  const found = await arrived();
  expectWhole(found.get('1/0'), 50, 100);
  expect(new Set(found.get('1/0')!.map(({ known }) => known))).toEqual(new Set([false]));
  expectWhole(found.get('2/0'), 75, 100);
  for (const block of found.get('2/0')!) {
    expect(block.known).toBe(true);
    expect(block.offset - found.get('2/0')![0]!.offset).toBeLessThan(100);
  }
});

test.each([true, false])('lost at the reboot is what was not kept (kept: %s)', async (retain) => {
  await gateway.start();
  await startDevice(retain);
  await device.run(20 * second);
  gateway.kill(false);
  await device.run(60 * second);
  await device.reboot();
  await gateway.start();
  await device.run(90 * second);
  const losses = gateway.server.known.get(part)!.losses.filter(({ cause }) => cause === 'reboot');
  expect(losses.map(({ stream, boot }) => [stream, boot.split('-')[0]]).sort()).toEqual([
    [0, '1'],
    [1, '1'],
  ]);
  const most = losses.find(({ stream }) => stream === 0)!.atMost!;
  // 60 s of readings at 100 Hz; of what is kept, the page and the block that were not full.
  if (retain) expect(most).toBeLessThan(1_200);
  else expect(most).toBeGreaterThan(5_900);
});
