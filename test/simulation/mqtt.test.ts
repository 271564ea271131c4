/** The part that publishes by itself: the firmware in XS, a real Mosquitto, real sockets, real time. */
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseMessage } from '../../cloud/message/message';
import { SimulatedDevice } from '../../host-sim/device';
import { SimulatedNetwork } from '../../host-sim/network/simulated-network';
import { constant, noise, toggle } from '../../host-sim/signals';
import { readTruth } from '../../host-sim/truth';
import { Mosquitto, mosquittoMissing, password, user } from './mosquitto';
import { voltsPerCount } from './publishing-part';

const firmware = fileURLToPath(new URL('../..', import.meta.url));
const analog = 0;
const gpio = 5;

function capture(method: string, additional_params: Record<string, string>) {
  return { method, capture_frequency_hz: 50, cache_size_kb: 8, additional_params, tags: ['test'] };
}

const configuration = JSON.stringify({
  components: [
    {
      name: 'board',
      api: 'rdk:component:board',
      model: 'esp32',
      attributes: { analogs: [{ name: 'A1', pin: String(analog) }], pins: [gpio] },
      service_configs: [
        {
          type: 'data_manager',
          attributes: {
            capture_methods: [
              capture('Analogs', { reader_name: 'A1' }),
              capture('Gpios', { pin_name: String(gpio) }),
            ],
          },
        },
      ],
    },
  ],
  services: [
    {
      name: 'data',
      api: 'rdk:service:data_manager',
      attributes: { sync_interval_mins: 0.02, tags: ['test'] },
    },
  ],
});

interface Arrived {
  sequence: number;
  index: number;
  time: number;
  value: unknown;
  line: string;
}

describe.skipIf(mosquittoMissing && !process.env.CI)('mqtt (skipped when mosquitto is missing)', () => {
  let root: string;
  let broker: Mosquitto;
  let network: SimulatedNetwork;
  let device: SimulatedDevice | undefined;
  let unsubscribe: () => Promise<void>;
  /** By key of the payload. */
  let arrived: Map<string, Arrived[]>;
  let messages: number;
  let killAt: number;
  let killed: Promise<void> | undefined;

  beforeEach(async () => {
    root = await fs.mkdtemp(join(tmpdir(), 'sluice-mqtt-'));
    broker = await Mosquitto.start(root);
    network = new SimulatedNetwork({ outside: 'real' });
    arrived = new Map();
    messages = 0;
    killAt = 0;
    killed = undefined;
    unsubscribe = await broker.subscribe(take);
  });

  afterEach(async () => {
    await device?.close();
    device = undefined;
    await unsubscribe();
    await broker.kill();
    await fs.rm(root, { recursive: true });
  });

  function take(topic: string, text: string): void {
    const parsed = parseMessage(Buffer.from(text), { appId: 'plant', devId: 'esp' }, 0);
    if ('refusal' in parsed) throw new Error(`${parsed.refusal.path} ${parsed.refusal.message}: ${text}`);
    const { message } = parsed;
    expect(topic).toBe('pipeline/plant/esp');
    expect(message.name, 'a reading has its name').toBeDefined();
    expect(message.points).toHaveLength(1);
    const [{ field, value }] = message.points as [{ field: string; value: unknown }];
    const sequence = Number(message.name!.block.split('/').pop());
    const list = arrived.get(field) ?? [];
    list.push({ sequence, index: message.name!.index, time: message.time, value, line: text });
    arrived.set(field, list);
    messages++;
    // In the middle of a block, with messages on their way to it.
    if (messages === killAt) killed = broker.kill();
  }

  async function start(config: Record<string, unknown>): Promise<SimulatedDevice> {
    device = await SimulatedDevice.start({
      firmware,
      board: 'esp32c3',
      time: 'real',
      network,
      truth: join(root, 'truth.tsv'),
      pins: { [analog]: [constant(2_000), noise(8)], [gpio]: toggle(700) },
      config: {
        chip: 'esp32c3',
        ssid: 'sim',
        part: 'esp',
        app_id: 'plant',
        mqtt_user: user,
        mqtt_password: password,
        configuration,
        ...config,
      },
    });
    return device;
  }

  /** Each reading once, in order; a reading that came again must have come the same. */
  function readings(field: string): Arrived[] {
    const lines = new Map<string, Arrived>();
    for (const each of arrived.get(field) ?? []) {
      const name = `${each.sequence}/${each.index}`;
      const before = lines.get(name);
      if (before) expect(each.line).toBe(before.line);
      lines.set(name, each);
    }
    return [...lines.values()].sort((a, b) => a.sequence - b.sequence || a.index - b.index);
  }

  /** What arrived is what the pins gave, from the first read on without any missing, at growing times. */
  async function expectAll(atLeast: number): Promise<void> {
    await device!.close();
    const truth = readTruth(join(root, 'truth.tsv'));
    for (const [field, pin, toValue] of [
      // As the page shows it: counts of 12 bits, in volts.
      ['board_A1', analog, (value: number) => value * voltsPerCount],
      [`board_${gpio}`, gpio, (value: number) => value === 1],
    ] as const) {
      const list = readings(field);
      const read = Array.from(truth.value).filter(
        (_, index) => truth.pin[index] === pin && !truth.written[index],
      );
      expect(list.length).toBeGreaterThan(atLeast);
      expect(list.map(({ value }) => value)).toEqual(
        read.slice(0, list.length).map((value) => toValue(value)),
      );
      expect(list.every(({ time }, index) => index === 0 || time > list[index - 1]!.time)).toBe(true);
    }
  }

  test('every reading arrives, named, over TLS with user and password', { timeout: 60_000 }, async () => {
    const running = await start({
      gateway: `mqtts://localhost:${broker.securePort}`,
      authority: broker.authority,
    });
    await running.until(() => messages > 500, { limit: 40_000 });
    expect(running.exits).toEqual([]);
    await expectAll(200);
  });

  test('a broker that is killed and comes back loses nothing', { timeout: 120_000 }, async () => {
    const running = await start({ gateway: `mqtt://localhost:${broker.port}` });
    for (const more of [215, 137, 90]) {
      killed = undefined;
      killAt = messages + more;
      await running.until(() => killed !== undefined, { limit: 40_000 });
      await killed;
      await running.run(1_500);
      await unsubscribe();
      // What the device published before somebody listens would be gone.
      network.accessPointDown('sim', { from: 0 });
      await broker.run();
      unsubscribe = await broker.subscribe(take);
      network.accessPointDown('sim', { from: 0, until: 0 });
    }
    const fewest = () => Math.min(...[...arrived.values()].map((list) => list.length));
    await running.until(() => fewest() > 800, { limit: 60_000 });
    expect(running.exits).toEqual([]);
    await expectAll(600);
  });

  test('a wrong password is refused, and capture goes on', { timeout: 60_000 }, async () => {
    const running = await start({ gateway: `mqtt://localhost:${broker.port}`, mqtt_password: 'a guess' });
    await running.until(
      () =>
        running.traces.some((line) => line.includes('uplink: the broker refuses the part: not authorised')),
      { limit: 40_000 },
    );
    expect(running.exits).toEqual([]);
    expect(messages).toBe(0);
    expect(running.traces.join()).not.toContain('a guess');
  });
});
