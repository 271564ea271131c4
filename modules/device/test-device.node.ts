/** A simulated device with the test firmware: what it delivers, decoded; commands; its configuration as objects. */
import { fileURLToPath } from 'node:url';
import type { SimulatedBus } from '../../host-sim/bus/simulated-bus';
import { type DeviceOptions, SimulatedDevice } from '../../host-sim/device';
import { SimulatedNetwork, type SimulatedNetworkOptions } from '../../host-sim/network/simulated-network';
import { BlockError } from '../block/block-error';
import { type DecodedBlock, decodeBlock } from '../block/decoder';
import type { StreamStatus } from '../capture/conservation';
import type { Problem } from '../config/problems';

const blockChannel = 16;
const answerChannel = 17;
const commandChannel = 18;

export interface StatusOfStream extends StreamStatus {
  number: number;
  resource: string;
  method: string;
}

export interface DeviceStatus {
  now: number;
  uptime: number;
  reset_reason: string;
  configuration: string;
  problem_count: number;
  problems: string[];
  absent: { resources: { resource: string; why: string }[]; next_try: number } | null;
  wall: { source: string; offset: number; uncertainty: number };
  network: { up: boolean; connections: number; losses: number };
  streams: StatusOfStream[];
  log: string[];
}

export interface TestDeviceOptions extends Partial<Omit<DeviceOptions, 'network'>> {
  part: object | string;
  /** ms between two deliveries; 0: none unless asked. */
  sync?: number;
  network?: SimulatedNetworkOptions;
  bus?: SimulatedBus;
  /** Takes each block; then they are not kept. */
  onBlock?: (block: DecodedBlock) => void;
  settings?: Record<string, unknown>;
}

export class TestDevice {
  readonly blocks: DecodedBlock[] = [];
  #answer: ((result: unknown) => void) | undefined;
  readonly #onBlock: ((block: DecodedBlock) => void) | undefined;

  private constructor(
    readonly device: SimulatedDevice,
    readonly network: SimulatedNetwork,
    onBlock: ((block: DecodedBlock) => void) | undefined,
  ) {
    this.#onBlock = onBlock;
  }

  static async start(options: TestDeviceOptions): Promise<TestDevice> {
    const { part, sync = 0, network: networkOptions, bus, onBlock, settings, ...rest } = options;
    const network = new SimulatedNetwork(networkOptions ?? {});
    const board = rest.board ?? 'esp32c3';
    const configuration = typeof part === 'string' ? part : JSON.stringify(part);
    const started: { test?: TestDevice } = {};
    const device = await SimulatedDevice.start({
      firmware: fileURLToPath(new URL('./test-firmware', import.meta.url)),
      ...rest,
      board,
      network: {
        attach(attached) {
          network.attach(attached);
          bus?.attach(attached);
          attached.channel(blockChannel, { call: (bytes) => started.test!.#take(bytes) });
          attached.channel(answerChannel, { call: (bytes) => started.test!.#answered(bytes) });
        },
      },
      config: { chip: board, configuration, sync, ssid: 'sim', ...settings },
    });
    const test = new TestDevice(device, network, onBlock);
    started.test = test;
    return test;
  }

  run(ms: number): Promise<void> {
    return this.device.run(ms);
  }

  close(): Promise<void> {
    return this.device.close();
  }

  configure(revision: string, part: object | string, additions: object | string = '') {
    const text = (value: object | string) => (typeof value === 'string' ? value : JSON.stringify(value));
    return this.command<{ applied: boolean; problems: Problem[] }>({
      name: 'configure',
      revision,
      part: text(part),
      additions: text(additions),
    });
  }

  status(): Promise<DeviceStatus> {
    return this.command<DeviceStatus>({ name: 'status' });
  }

  async stream(index: number): Promise<StatusOfStream> {
    return (await this.status()).streams[index]!;
  }

  /** Sends a command and lets the device answer; it takes some ms of its time. */
  async command<Result>(command: Record<string, unknown> & { name: string }): Promise<Result> {
    let result: { value: unknown } | undefined;
    this.#answer = (value) => {
      result = { value };
    };
    this.device.post(commandChannel, new TextEncoder().encode(JSON.stringify(command)));
    for (let waited = 0; !result; waited++) {
      if (waited > 1000 || !this.device.running) {
        throw new Error(
          `no answer to ${command.name}: ${this.device.traces.slice(-5).join('\n')} ${this.device.exit?.detail}`,
        );
      }
      await this.run(1);
    }
    return result.value as Result;
  }

  /** Delivers everything that is on the device. */
  async deliver(): Promise<void> {
    await this.command({ name: 'sync' });
    await this.run(500);
  }

  /** Of one stream: all readings delivered so far, in order. Throws when a block is missing or comes twice. */
  readings(stream: number): { requested: number; received: number; value: unknown }[] {
    const blocks = this.blocks.filter((block) => block.stream === stream);
    blocks.forEach((block, index) => {
      if (block.sequence !== blocks[0]!.sequence + index)
        throw new Error(`block ${block.sequence} after ${index}`);
    });
    return blocks.flatMap((block) => [...block.readings()]);
  }

  #take(bytes: Uint8Array): undefined {
    const block = decodeBlock(bytes.slice());
    if (block instanceof BlockError) throw block;
    if (this.#onBlock) this.#onBlock(block);
    else this.blocks.push(block);
  }

  #answered(bytes: Uint8Array): undefined {
    this.#answer?.(JSON.parse(new TextDecoder().decode(bytes)));
  }
}

/** A board with analog readers `a0` … on these pins, and digital pins; captures as asked. */
export function board(
  analogs: readonly number[],
  pins: readonly number[],
  methods: readonly object[],
): { components: object[]; services: object[] } {
  return {
    components: [
      {
        name: 'b',
        api: 'rdk:component:board',
        model: 'esp32',
        attributes: { analogs: analogs.map((pin) => ({ name: `a${pin}`, pin: String(pin) })), pins },
        service_configs: [{ type: 'data_manager', attributes: { capture_methods: methods } }],
      },
    ],
    services: [{ name: 'data_manager', api: 'rdk:service:data_manager', attributes: {} }],
  };
}

export interface CaptureMethod {
  method: string;
  capture_frequency_hz: number;
  cache_size_kb: number;
  additional_params: Record<string, string>;
}

export function analog(pin: number, hertz: number, kilobytes = 10): CaptureMethod {
  return {
    method: 'Analogs',
    capture_frequency_hz: hertz,
    cache_size_kb: kilobytes,
    additional_params: { reader_name: `a${pin}` },
  };
}

export function gpio(pin: number, hertz: number, kilobytes = 10): CaptureMethod {
  return {
    method: 'Gpios',
    capture_frequency_hz: hertz,
    cache_size_kb: kilobytes,
    additional_params: { pin_name: String(pin) },
  };
}
