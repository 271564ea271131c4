/** One run of a scenario: devices in XS, the real gateway, a simulated network and disk, in virtual time. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Storage } from '../../common/storage';
import { StrictDisk } from '../../common/storage/strict-disk';
import type { LinkServer } from '../../gateway/link/link-server';
import type { PartConfiguration } from '../../gateway/link/session';
import { type DeviceOptions, SimulatedDevice, VirtualClock } from '../../host-sim/device';
import type { ServerStream } from '../../host-sim/network/server-stream';
import { SimulatedNetwork } from '../../host-sim/network/simulated-network';
import { constant, failure, noise, type Signal } from '../../host-sim/signals';
import { readTruth, type Truth } from '../../host-sim/truth';
import { readCaptureFile } from '../../modules/block/file';
import { Random } from './random';
import {
  type Collector,
  type Fault,
  type FaultKind,
  type PartScenario,
  pinsOf,
  type Scenario,
} from './scenario';
import { type Delivery, SimulatedCloud } from './simulated-cloud';
import { SimulatedGateway } from './simulated-gateway';

/** A listener's stream that fails before anybody listens to it would end the process. */
class Network extends SimulatedNetwork {
  override opened(...[connection, address]: Parameters<SimulatedNetwork['opened']>): void {
    (connection as unknown as { stream: ServerStream }).stream.on('error', () => undefined);
    super.opened(connection, address);
  }
}

const firmware = fileURLToPath(new URL('../..', import.meta.url));
const port = 8080;
const secret = 'a secret of the simulation';

/** What a device says of one stream. */
export interface StreamReport {
  number: number;
  captured: number;
  acknowledged: number;
  overwritten: number;
  discarded: number;
  stored: number;
  failed: number;
}

export interface Boot {
  /** Counts from 1, as in the truth log. */
  ordinal: number;
  counter: number;
  random: number;
  /** ms of the clock. */
  at: number;
}

export interface PartOutcome {
  name: string;
  /** Through a reboot: what is in flash of blocks that are not acknowledged; with no head in RAM that is all. */
  retains: 'nothing' | 'flash' | 'all';
  boots: Boot[];
  truth: Truth;
  exits: { reason: string; detail: string }[];
  /** Of the last boot, after everything was delivered; undefined when it could not be asked. */
  status?: { monotonic: number; streams: StreamReport[] };
}

export interface Outcome {
  scenario: Scenario;
  parts: PartOutcome[];
  /** Every capture file, uploaded or still on the disk. */
  files: Delivery[];
  promised: Map<string, number>;
  gaps: Map<string, [number, number][]>;
  corrected: ReadonlySet<string>;
  account: ReturnType<SimulatedGateway['directory']['account']>;
  counters: LinkServer['counters'];
  injected: Map<FaultKind, number>;
  /** ms simulated. */
  simulated: number;
  /** ms of wall clock at clock time 0. */
  epoch: number;
  clockStepped: boolean;
  log: string[];
}

export interface WorldOptions {
  /** Another firmware, e.g. one that was broken on purpose. */
  firmware?: string;
  flash?: DeviceOptions['flash'];
  /** Of the noise on the pins, counts; 300 by default, so that a reading is hardly ever another's. */
  deviation?: number;
  log?: boolean;
}

function methodOf({ pin, frequency, cacheKb }: Collector) {
  return {
    method: 'Analogs',
    capture_frequency_hz: frequency,
    cache_size_kb: cacheKb,
    additional_params: { reader_name: `P${pin}` },
  };
}

function configurationOf(part: PartScenario): string {
  const analogs = pinsOf[part.board].map((pin) => ({ name: `P${pin}`, pin: String(pin) }));
  const attributes = { capture_methods: part.own.map(methodOf) };
  return JSON.stringify({
    components: [
      {
        name: 'board',
        namespace: 'rdk',
        type: 'board',
        model: 'esp32',
        attributes: { analogs },
        service_configs: [{ type: 'data_manager', attributes }],
      },
    ],
    services: [
      {
        name: 'data',
        namespace: 'rdk',
        type: 'data_manager',
        attributes: {
          sync_interval_mins: part.intervalMinutes,
          ram_head_kb: part.headKb,
          retain_unsynced: part.retainUnsynced,
        },
      },
    ],
  });
}

function additionsOf(added: Collector[]): string {
  const methods = added.map((collector) => ({ ...methodOf(collector), name: 'rdk:component:board/board' }));
  return JSON.stringify([{ type: 'data_manager', attributes: { capture_methods: methods } }]);
}

function signalsOf(part: PartScenario, seed: number, deviation = 300): Record<number, Signal[]> {
  const all = [...part.own, ...part.added];
  return Object.fromEntries(
    all.map(({ pin }) => [pin, [constant(2_000), noise(deviation, seed * 64 + pin)]] as [number, Signal[]]),
  );
}

export class World {
  readonly clock = new VirtualClock();
  readonly network: SimulatedNetwork;
  readonly disk = new StrictDisk();
  readonly cloud = new SimulatedCloud();
  readonly gateway: SimulatedGateway;
  readonly devices: SimulatedDevice[] = [];
  private readonly random: Random;
  private readonly configurations = new Map<string, PartConfiguration>();
  private readonly injected = new Map<FaultKind, number>();
  private readonly directory = mkdtempSync(join(tmpdir(), 'sluice-world-'));
  private readonly log: string[] = [];
  private revision = 1;
  private calm = false;
  private clockStepped = false;

  constructor(
    readonly scenario: Scenario,
    private readonly options: WorldOptions = {},
  ) {
    this.random = new Random(scenario.seed + 77_777);
    this.network = new Network({ seed: scenario.seed, latency: 5, jitter: 20 });
    this.gateway = new SimulatedGateway({
      clock: this.clock,
      network: this.network,
      disk: this.disk,
      cloud: this.cloud,
      secrets: Object.fromEntries(scenario.parts.map(({ name }) => [name, secret])),
      configurations: this.configurations,
      random: this.random.next,
      port,
      log: (line) => this.note(line),
    });
  }

  async run(): Promise<Outcome> {
    const { scenario, clock } = this;
    try {
      await this.startGateway();
      for (const [index, part] of scenario.parts.entries()) await this.startDevice(part, index);
      for (const fault of scenario.faults) clock.at(fault.at, () => this.inject(fault));
      await clock.run(scenario.duration);
      await this.settle();
      return await this.finish();
    } finally {
      for (const device of this.devices) await device.close();
      rmSync(this.directory, { recursive: true, force: true });
    }
  }

  private note(line: string): void {
    this.log.push(`${Math.round(this.clock.now())} ${line}`);
    if (this.options.log) console.log(this.log.at(-1));
  }

  private async startGateway(): Promise<void> {
    await this.gateway.start();
  }

  private async startDevice(part: PartScenario, index: number): Promise<void> {
    const { scenario, clock, network } = this;
    this.configure(part);
    const device = await SimulatedDevice.start({
      firmware: this.options.firmware ?? firmware,
      board: part.board,
      clock,
      network,
      seed: scenario.seed * 16 + index + 1,
      pins: signalsOf(part, scenario.seed * 4 + index, this.options.deviation),
      ...(this.options.flash ? { flash: this.options.flash } : {}),
      truth: join(this.directory, `truth-${index}`),
      config: {
        ssid: 'sim',
        gateway: `ws://localhost:${port}`,
        part: part.name,
        chip: part.board,
        secret,
        configuration: configurationOf(part),
      },
      trace: (text) => this.note(`${part.name}: ${text.trimEnd()}`),
    });
    this.devices.push(device);
  }

  /** The main's additions for a part; the gateway hands them over. */
  private configure(part: PartScenario): void {
    const revision = `r${this.revision++}`;
    this.configurations.set(part.name, {
      revision,
      part: configurationOf(part),
      additions: additionsOf(part.added),
    });
    if (this.gateway.running) this.gateway.server.configure(part.name);
  }

  private inject(fault: Fault): void | Promise<void> {
    if (this.calm) return;
    const { kind, at, duration, choice } = fault;
    const { network, gateway, disk, cloud, clock } = this;
    const device = this.devices[fault.part]!;
    const part = this.scenario.parts[fault.part]!;
    const stretch = { from: at, until: Math.min(at + duration, this.scenario.duration) };
    this.injected.set(kind, (this.injected.get(kind) ?? 0) + 1);
    this.note(`fault ${kind} for ${duration} ms`);
    const later = (action: () => void | Promise<void>) => void clock.at(stretch.until, action);
    switch (kind) {
      case 'wifi-down':
        return network.accessPointDown('sim', stretch);
      case 'half-open':
        return network.blackhole(stretch, device);
      case 'lossy':
        return network.degrade(stretch, { loss: 0.05 + choice / 4, latency: choice * 500 }, device);
      case 'cut':
        return network.cut(at + 1);
      case 'cut-in-frame':
        return network.cutAfter(choice < 0.5 ? 'up' : 'down', Math.floor(choice * 3_000), 'localhost');
      case 'flipped-bit':
        gateway.flips++;
        return;
      case 'repeated-frame':
        gateway.repeats++;
        return;
      case 'refused':
        return network.refuse('localhost', port, stretch);
      case 'gateway-killed':
      case 'gateway-power-cut':
        gateway.kill(kind === 'gateway-power-cut');
        return later(() => this.startGateway());
      case 'gateway-killed-at-sync': {
        const moment = choice < 0.5 ? 'before' : 'after';
        const pause = disk.pause;
        let isSynced = false;
        disk.pause = (operation) => {
          const isNow = moment === 'before' ? operation.kind === 'sync' : isSynced;
          isSynced ||= operation.kind === 'sync';
          if (!isNow) return pause?.(operation);
          gateway.kill(true);
          clock.at(clock.now() + duration / 4, () => this.startGateway());
          return undefined;
        };
        return;
      }
      case 'disk-full':
        disk.capacity = disk.used + Math.floor(choice * 2_000);
        return later(() => {
          disk.capacity = Number.POSITIVE_INFINITY;
        });
      case 'cloud-down':
        cloud.down = true;
        return later(() => {
          cloud.down = false;
        });
      case 'device-power-cut':
        return device.running ? device.powerCut() : undefined;
      case 'device-power-cut-in-flash':
        return device.running
          ? device.flash.cutPowerSoon(Math.floor(choice * 20), (choice * 400) % 1)
          : undefined;
      case 'device-reset':
        return device.reboot();
      case 'planned-restart':
        return this.call(part.name, 'Restart');
      case 'configuration':
        return this.change(part, choice);
      case 'clock-step':
        this.clockStepped = true;
        return network.timeServerWrong(at, (choice - 0.5) * 7_200_000);
      case 'failing-reads': {
        const { pin } = part.own[0]!;
        const signals = signalsOf(part, this.scenario.seed * 4 + fault.part, this.options.deviation)[pin]!;
        return device.setPin(pin, ...signals, failure(stretch.from, stretch.until));
      }
    }
  }

  /** Another rate for one collector, or one fewer, or back again. */
  private change(part: PartScenario, choice: number): void {
    const all = [...part.own, ...part.added];
    const target = all[Math.floor(choice * all.length)]!;
    target.frequency = choice < 0.5 ? target.frequency * 2 : Math.max(0.5, target.frequency / 2);
    if (target.frequency > 20) target.frequency = 20;
    this.configure(part);
  }

  private call(part: string, method: string): void {
    if (!this.gateway.running || !this.gateway.server.isConnected(part)) return;
    const request = { resource: '', method, arguments: {}, deadline: 5_000 };
    this.gateway.server.call(part, request).catch(() => undefined);
  }

  /** Everything works again, until all that is there has been delivered. */
  private async settle(): Promise<void> {
    this.calm = true;
    const { network, disk, cloud, clock, gateway } = this;
    disk.capacity = Number.POSITIVE_INFINITY;
    cloud.down = false;
    if (!gateway.running) await this.startGateway();
    await clock.run(1_000);
    // What waits for a block or a connection to come would break it now.
    gateway.flips = gateway.repeats = 0;
    network.forgetCuts();
    // The network goes for long enough to be missed, and comes back: every device dials afresh, and waits no hour.
    network.accessPointDown('sim', { from: clock.now() + 1, until: clock.now() + 10_000 });
    for (const device of this.devices) if (!device.running) await device.reboot();
    await clock.run(10_000);
    const connected = () =>
      this.scenario.parts.every(({ name }) => gateway.running && gateway.server.isConnected(name));
    for (let waited = 0; waited < 120 && !connected(); waited++) await clock.run(1_000);
    await clock.run(60_000);
  }

  private async finish(): Promise<Outcome> {
    const { gateway, clock, cloud, disk, scenario } = this;
    const statuses: PartOutcome['status'][] = [];
    for (const { name } of scenario.parts) statuses.push(await this.status(name));
    await clock.run(200);
    disk.pause = undefined;
    await clock.run(200);
    await gateway.sync!.sync();
    const simulated = clock.now();
    // What ends with the world is told in no order.
    const log = [...this.log];
    const boots = this.devices.map((device) => bootsOf(device));
    for (const device of this.devices) await device.close();
    const files = [...cloud.deliveries];
    const storage = disk.mount();
    for await (const path of captureFiles(storage, '/capture'))
      files.push({ path, contents: readCaptureFile(await storage.read(path)), noted: true });
    return {
      scenario,
      parts: scenario.parts.map(({ name, retainUnsynced, headKb }, index) => ({
        name,
        retains: !retainUnsynced ? 'nothing' : headKb === 0 ? 'all' : 'flash',
        boots: boots[index]!,
        truth: readTruth(join(this.directory, `truth-${index}`)),
        exits: this.devices[index]!.exits.map(({ reason, detail }) => ({ reason, detail })),
        status: statuses[index],
      })),
      files,
      promised: gateway.promised,
      gaps: gateway.gaps,
      corrected: gateway.corrected,
      account: gateway.directory.account(),
      counters: gateway.server.counters,
      injected: this.injected,
      simulated,
      epoch: this.network.wallTime() - clock.now(),
      clockStepped: this.clockStepped,
      log,
    };
  }

  private async status(part: string): Promise<PartOutcome['status']> {
    let status: PartOutcome['status'];
    this.gateway.server
      .call(part, { resource: '', method: 'Status', arguments: {}, deadline: 5_000 })
      .then((result) => {
        const { uptime, streams } = result as { uptime: number; streams: StreamReport[] };
        status = { monotonic: uptime, streams };
      })
      .catch((error: Error) => this.note(`status of ${part}: ${error.message}`));
    for (let waited = 0; waited < 60 && status === undefined; waited++) await this.clock.run(100);
    return status;
  }
}

async function* captureFiles(storage: Storage, path: string): AsyncGenerator<string> {
  for (const { name, directory } of await storage.list(path)) {
    if (directory) yield* captureFiles(storage, `${path}/${name}`);
    else if (name.endsWith('.sluice') || name.endsWith('.prog')) yield `${path}/${name}`;
  }
}

function bootsOf(device: SimulatedDevice): Boot[] {
  const boots: Boot[] = [];
  let at = 0;
  for (const event of device.events) {
    if (event.kind === 'boot') at = event.at;
    if (event.kind !== 'trace') continue;
    const match = /, boot (\d+)-([0-9a-f]{8}) /.exec(event.text);
    if (match)
      boots.push({
        ordinal: event.boot,
        counter: Number(match[1]),
        random: Number.parseInt(match[2]!, 16),
        at,
      });
  }
  return boots;
}
