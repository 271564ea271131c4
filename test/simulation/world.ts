/** One run of a scenario: devices in XS, the real gateway, a simulated network and disk, in virtual time. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StrictDisk } from '../../common/storage/strict-disk';
import type { PartConfiguration } from '../../gateway/link/connection';
import type { LinkServer } from '../../gateway/link/link-server';
import { type DeviceOptions, VirtualClock } from '../../host-sim/device';
import { calm, inject, type Stage } from './faults';
import { type KeptFiles, keptFiles } from './kept-files';
import type { LinkRecord } from './link-record';
import { additionsOf, configurationOf } from './part-configuration';
import { Random } from './random';
import type { Fault, FaultKind, Scenario } from './scenario';
import { SimulatedCloud } from './simulated-cloud';
import { SimulatedGateway } from './simulated-gateway';
import { type PartOutcome, SimulatedPart } from './simulated-part';
import { WorldNetwork } from './world-network';

const host = 'gateway.plant';
const port = 8080;
/** ms of a packet: what a device does another learns of by the gateway, after two of them at the earliest. */
const latency = 5;
const secret = 'a secret of the simulation';

export interface Outcome extends KeptFiles {
  scenario: Scenario;
  parts: PartOutcome[];
  promised: Map<string, number>;
  gaps: Map<string, [number, number][]>;
  corrected: ReadonlySet<string>;
  link: LinkRecord;
  /** Parts of which the gateway shows at the end that several devices have their name, and how. */
  shown: Map<string, string>;
  /** What a part was to run, the latest last. */
  configured: Configured[];
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

/** A configuration, from a moment on. */
export interface Configured {
  part: string;
  /** ms of the clock. */
  at: number;
  configuration: PartConfiguration;
  /** Beside those of the scenario: `more-0` … */
  sensors: number;
}

export interface WorldOptions {
  /** Another firmware, e.g. one that was broken on purpose. */
  firmware?: string;
  flash?: DeviceOptions['flash'];
  /** Of the noise on the pins, counts; 300 by default, so that a reading is hardly ever another's. */
  deviation?: number;
  log?: boolean;
}

export class World implements Stage {
  readonly clock = new VirtualClock(2 * latency);
  readonly network: WorldNetwork;
  readonly disk = new StrictDisk();
  readonly cloud = new SimulatedCloud();
  readonly gateway: SimulatedGateway;
  readonly host = host;
  readonly port = port;
  /** Those of the scenario, then those that come to have a name of theirs. */
  readonly #parts: SimulatedPart[] = [];
  readonly #configurations = new Map<string, PartConfiguration>();
  readonly #configured: Configured[] = [];
  readonly #injected = new Map<FaultKind, number>();
  readonly #directory = mkdtempSync(join(tmpdir(), 'sluice-world-'));
  readonly #log: string[] = [];
  #revision = 1;
  #isCalm = false;
  readonly #options: WorldOptions;

  constructor(
    readonly scenario: Scenario,
    options: WorldOptions = {},
  ) {
    this.#options = options;
    this.network = new WorldNetwork({ seed: scenario.seed, latency, jitter: 20 });
    this.gateway = new SimulatedGateway({
      clock: this.clock,
      network: this.network,
      disk: this.disk,
      cloud: this.cloud,
      secrets: Object.fromEntries(scenario.parts.map(({ name }) => [name, secret])),
      configurations: this.#configurations,
      random: new Random(scenario.seed + 77_777).next,
      host,
      port,
      log: (line) => this.#note(line),
    });
  }

  async run(): Promise<Outcome> {
    const { scenario, clock } = this;
    try {
      await this.startGateway();
      for (const index of scenario.parts.keys()) {
        const part = this.#add(index);
        this.configure(part);
        await part.start();
      }
      for (const fault of scenario.faults) clock.at(fault.at, () => this.#inject(fault));
      await clock.run(scenario.duration);
      await this.#settle();
      return await this.#finish();
    } finally {
      for (const part of this.#parts) await part.close();
      rmSync(this.#directory, { recursive: true, force: true });
    }
  }

  readonly isCalm = (): boolean => this.#isCalm;

  readonly startGateway = (): Promise<void> => this.gateway.start();

  /** The main's additions for a part; the gateway hands them over. */
  readonly configure = ({ options: { scenario } }: SimulatedPart, sensors = 0): void => {
    const revision = `r${this.#revision++}`;
    // One that sleeps could not be asked at the end.
    const awake = this.#isCalm ? { ...scenario, sleeps: false } : scenario;
    const part = configurationOf(awake, sensors);
    const configuration = { revision, part, additions: additionsOf(scenario) };
    this.#configurations.set(scenario.name, configuration);
    this.#configured.push({ part: scenario.name, at: this.clock.now(), configuration, sensors });
    if (this.gateway.running) this.gateway.server.configure(scenario.name);
  };

  readonly call = ({ options: { scenario } }: SimulatedPart, method: string): void => {
    if (!this.gateway.running || !this.gateway.server.isConnected(scenario.name)) return;
    const request = { resource: '', method, arguments: {}, deadline: 5_000 };
    this.gateway.server.call(scenario.name, request).catch(() => undefined);
  };

  readonly addTwin = async (part: SimulatedPart): Promise<SimulatedPart> => {
    const twin = this.#add(this.scenario.parts.indexOf(part.options.scenario));
    await twin.start();
    return twin;
  };

  #add(index: number): SimulatedPart {
    const { scenario, clock, network } = this;
    const options = this.#options;
    const directory = this.#directory;
    const before = this.#parts.length;
    const part = new SimulatedPart({
      scenario: scenario.parts[index]!,
      clock,
      network,
      seed: scenario.seed * 16 + before + 1,
      signalSeed: scenario.seed * 4 + before,
      deviation: options.deviation,
      gateway: `ws://${host}:${port}`,
      secret,
      directory,
      firmware: options.firmware,
      flash: options.flash,
      trace: (text) => this.#note(`${scenario.parts[index]!.name}: ${text.trimEnd()}`),
    });
    this.#parts.push(part);
    return part;
  }

  #note(line: string): void {
    this.#log.push(`${Math.round(this.clock.now())} ${line}`);
    if (this.#options.log) console.log(this.#log.at(-1));
  }

  #inject(fault: Fault): void | Promise<void> {
    if (this.#isCalm) return;
    const { kind, duration } = fault;
    this.#injected.set(kind, (this.#injected.get(kind) ?? 0) + 1);
    this.#note(`fault ${kind} for ${duration} ms`);
    return inject(fault, this.#parts[fault.part]!, this, this.scenario.duration);
  }

  /** Everything works again, until all that is there has been delivered. */
  async #settle(): Promise<void> {
    this.#isCalm = true;
    const { network, clock, gateway, scenario } = this;
    calm(this, this.#parts);
    for (const part of this.#parts.slice(0, scenario.parts.length))
      if (part.options.scenario.sleeps) this.configure(part);
    if (!gateway.running) await this.startGateway();
    await clock.run(1_000);
    // The network goes for long enough to be missed, and comes back: every device dials afresh, and waits no hour.
    network.accessPointDown('sim', { from: clock.now() + 1, until: clock.now() + 10_000 });
    for (const { device, left } of this.#parts) if (!left && !device.running) await device.reboot();
    await clock.run(10_000);
    const connected = () =>
      scenario.parts.every(({ name }) => gateway.running && gateway.server.isConnected(name));
    for (let waited = 0; waited < 120 && !connected(); waited++) await clock.run(1_000);
    await clock.run(70_000);
  }

  async #finish(): Promise<Outcome> {
    const { gateway, clock, cloud, disk, scenario } = this;
    const statuses: PartOutcome['status'][] = [];
    for (const { name } of scenario.parts) statuses.push(await this.#status(name));
    await clock.run(200);
    disk.pause = undefined;
    await clock.run(200);
    await gateway.sync!.sync();
    const simulated = clock.now();
    // What ends with the world is told in no order.
    const log = [...this.#log];
    for (const part of this.#parts) await part.close();
    return {
      scenario,
      parts: this.#parts.map((part, index) => part.outcome(statuses[index])),
      ...(await keptFiles(cloud, disk)),
      promised: gateway.promised,
      gaps: gateway.gaps,
      corrected: gateway.corrected,
      link: gateway.record,
      shown: this.#shown(),
      configured: this.#configured,
      account: gateway.directory.account(),
      counters: gateway.server.counters,
      injected: this.#injected,
      simulated,
      epoch: this.network.wallTime() - clock.now(),
      clockStepped: this.#injected.has('clock-step'),
      log,
    };
  }

  #shown(): Map<string, string> {
    const wall = this.network.wallTime();
    const problems = [...this.gateway.server.known].map(
      ([name, { devices }]): [string, string | undefined] => [name, devices.problem(name, wall)],
    );
    return new Map(problems.filter((each): each is [string, string] => each[1] !== undefined));
  }

  async #status(part: string): Promise<PartOutcome['status']> {
    let status: PartOutcome['status'];
    this.gateway.server
      .call(part, { resource: '', method: 'Status', arguments: {}, deadline: 5_000 })
      .then((result) => {
        const { uptime, ...rest } = result as Omit<NonNullable<typeof status>, 'monotonic'> & {
          uptime: number;
        };
        status = { monotonic: uptime, ...rest };
      })
      .catch((error: Error) => this.#note(`status of ${part}: ${error.message}`));
    for (let waited = 0; waited < 60 && status === undefined; waited++) await this.clock.run(100);
    return status;
  }
}
