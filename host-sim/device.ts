/**
 * A simulated ESP32: starts and restarts the host with a firmware, drives its time, serves its calls, injects faults.
 *
 * In: a firmware's manifest, a board, signals, a flash, a network. Out: traces, exits with their reasons, reports, the
 * truth log. Holds: a boot is a process of its own; flash and preferences outlive it; what a channel posts to a boot
 * never reaches the next one.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { HostProcess } from './boot';
import { buildHost, buildHostOf } from './build/host-build';
import { SimulatedBus } from './bus/simulated-bus';
import { type Clock, type Participant, RealClock, VirtualClock } from './clock';
import type { ChannelHandler, DeviceEvent, DeviceNetwork, DeviceOptions } from './device-options';
import { type Exit, type Report, resetReasonAfter } from './exit';
import { FlashImage } from './flash-image';
import { boards } from './manifest/boards';
import { type Bundle, makeBundle } from './manifest/bundle';
import { SimulatedNetwork } from './network/simulated-network';
import { PreferencesFile } from './preferences-file';
import { type Signal, signalLine } from './signals';
import { speedLines } from './speed';

export type { ChannelHandler, DeviceEvent, DeviceNetwork, DeviceOptions } from './device-options';

export class SimulatedDevice implements Participant {
  readonly events: DeviceEvent[] = [];
  /** How boots have ended, oldest first. */
  readonly exits: Exit[] = [];
  /** The report of the boot that ended last. */
  lastReport: Report | undefined;
  /** Counts from 1. */
  boots = 0;
  readonly flash: FlashImage;
  readonly preferences: PreferencesFile;
  readonly #network: DeviceNetwork;
  readonly #handlers = new Map<number, ChannelHandler>();
  readonly #files: { directory: string; temporary: boolean };
  #randomState: number;
  #host: HostProcess | undefined;
  #closed = false;
  #cancelReboot: (() => void) | undefined;
  #failure: Error | undefined;
  #valueFiles = 0;
  #signals = new Map<number, readonly Signal[]>();
  readonly #options: DeviceOptions;
  readonly #bundle: Bundle;
  readonly #program: { path: string; bits: 32 | 64 };

  private constructor(
    options: DeviceOptions,
    readonly clock: VirtualClock | RealClock,
    bundle: Bundle,
    program: { path: string; bits: 32 | 64 },
  ) {
    this.#options = options;
    this.#bundle = bundle;
    this.#program = program;
    const directory = options.directory
      ? resolve(options.directory)
      : mkdtempSync(join(tmpdir(), 'sluice-device-'));
    mkdirSync(directory, { recursive: true });
    this.#files = { directory, temporary: options.directory === undefined };
    this.#randomState = (options.seed ?? 1) >>> 0;
    this.#network = options.network ?? new SimulatedNetwork({ accessPoints: [] });
    this.flash = new FlashImage(
      join(directory, 'flash.bin'),
      bundle.partitions,
      options.flash ?? {},
      (line) => this.#host?.line(line),
    );
    this.preferences = new PreferencesFile(
      join(directory, 'preferences.bin'),
      bundle.partitions.find(({ subtype }) => subtype === 'nvs')?.size,
      (line) => this.#host?.line(line),
    );
    for (const [pin, signal] of Object.entries(options.pins ?? {}))
      this.#signals.set(Number(pin), Array.isArray(signal) ? signal : [signal as Signal]);
  }

  /** Builds what has to be built, and boots. Rejects with a BuildError when the firmware does not build. */
  static async start(options: DeviceOptions): Promise<SimulatedDevice> {
    const clock = options.clock ?? (options.time === 'real' ? new RealClock() : new VirtualClock());
    const bundle = makeBundle({
      firmware: options.firmware,
      board: options.board ?? 'esp32',
      ...(options.arena ? { arena: options.arena } : {}),
      ...(options.config ? { config: options.config } : {}),
    });
    const device = new SimulatedDevice(
      options,
      clock,
      bundle,
      await (options.host ? buildHostOf(options.host) : buildHost()),
    );
    // A device has its I2C buses whoever plugs chips in: there nobody answers.
    new SimulatedBus([]).attach(device);
    device.#network.attach(device);
    if (clock instanceof VirtualClock) clock.join(device);
    try {
      await device.#boot(1);
    } catch (error) {
      await device.close();
      throw error;
    }
    return device;
  }

  /** Of its TCP: send buffer and receive window, bytes. */
  get window(): number {
    return boards[this.#options.board ?? 'esp32'].window;
  }

  get now(): number {
    return this.#host?.now ?? this.clock.now();
  }

  get wake(): number {
    return this.#host?.wake ?? Number.POSITIVE_INFINITY;
  }

  get running(): boolean {
    return this.#host !== undefined;
  }

  /** The last exit; undefined while the first boot runs. */
  get exit(): Exit | undefined {
    return this.exits[this.exits.length - 1];
  }

  /** Everything traced so far, one line an entry. */
  get traces(): string[] {
    return this.events
      .flatMap((event) => (event.kind === 'trace' ? [event.text] : []))
      .join('')
      .split('\n')
      .filter((line) => line !== '');
  }

  /** Uniform in [0, 1), from the device's seed (mulberry32). */
  readonly random = (): number => {
    this.#randomState = (this.#randomState + 0x6d2b79f5) >>> 0;
    let x = this.#randomState;
    x = Math.imul(x ^ (x >>> 15), x | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) / 4294967296;
  };

  channel(number: number, handler: ChannelHandler): void {
    if (!Number.isInteger(number) || number < 0 || number > 255) throw new RangeError(`no channel ${number}`);
    this.#handlers.set(number, handler);
  }

  /** An event for the running boot, at `at` ms of the clock (omitted: now). Dropped when no boot runs. */
  post(number: number, bytes: Uint8Array, at?: number): void {
    // In real time the process's clock is behind this one by what its start took: an event of now would wait that long.
    const now = this.clock.kind === 'real' ? 0 : this.clock.now();
    this.#host?.post(number, bytes, at ?? now);
  }

  /** Lets `ms` pass; rejects when the firmware turned out not to build. */
  async run(ms: number): Promise<void> {
    await this.clock.run(ms);
    if (this.#failure) throw this.#failure;
  }

  /** Runs in steps of `step` ms until `condition` holds; rejects after `limit` ms. */
  async until(condition: () => boolean, { limit = 60_000, step = 100 } = {}): Promise<void> {
    for (let passed = 0; !condition(); passed += step) {
      if (passed >= limit)
        throw new Error(
          `not within ${limit} ms: ${condition.toString()}\n${this.traces.slice(-20).join('\n')}`,
        );
      await this.run(step);
    }
  }

  /** Changes what a pin shows, from now on and after reboots. */
  setPin(pin: number, ...signals: Signal[]): void {
    this.#signals.set(pin, signals);
    this.#host?.line(`pin\t${pin}\tclear`);
    for (const line of this.#pinLines(pin, signals)) this.#host?.line(line);
  }

  /**
   * Peaks and counters of the running boot so far, or of the last one. `collect`: garbage is collected first, so that
   * `current` is what lives.
   */
  async report({ collect = false } = {}): Promise<Report> {
    if (this.#host) return this.#host.report(collect);
    if (!this.lastReport) throw new Error('no boot has run');
    return this.lastReport;
  }

  /** Takes the power away at once. */
  async powerCut(): Promise<void> {
    await this.#host?.powerCut();
  }

  /** Ends the boot that runs, as by the reset button, and starts the next. */
  async reboot(): Promise<void> {
    this.#cancelReboot?.();
    await this.#host?.stop();
    this.#cancelReboot?.();
    await this.#boot(this.exit ? resetReasonAfter(this.exit.reason) : 1);
  }

  /** Ends the device for good. Flash and preferences stay when a directory was given. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#cancelReboot?.();
    await this.#host?.stop();
    if (this.clock instanceof VirtualClock) this.clock.leave(this);
    this.#network.detach?.(this);
    if (this.#files.temporary) rmSync(this.#files.directory, { recursive: true, force: true });
  }

  async advance(horizon: number): Promise<void> {
    await this.#host?.advance(horizon);
  }

  shorten(horizon: number): void {
    this.#host?.shorten(horizon);
  }

  async #boot(resetReason: number): Promise<void> {
    this.boots++;
    const configuration = join(this.#files.directory, 'device.txt');
    writeFileSync(configuration, this.#configuration(resetReason));
    const command = [
      ...(this.#options.host?.wrapper ?? []),
      this.#program.path,
      this.#bundle.path,
      configuration,
    ];
    const host = new HostProcess(command, this.clock.kind === 'virtual' ? this.#files.directory : undefined, {
      call: (channel, bytes, now) => this.#call(channel, bytes, now),
      trace: (text, at) => this.#traced(text, at),
      exit: (exit) => this.#exited({ ...exit, boot: this.boots }),
    });
    this.#host = host;
    this.events.push({ kind: 'boot', at: this.clock.now(), boot: this.boots });
    await host.started();
  }

  #call(
    channel: number,
    bytes: Uint8Array,
    now: number,
  ): Uint8Array | undefined | Promise<Uint8Array | undefined> {
    const handler = this.#handlers.get(channel);
    if (!handler) throw new Error(`nobody serves channel ${channel}`);
    const work = () => handler.call(bytes, now);
    return this.clock instanceof VirtualClock ? this.clock.during(this, now, work) : work();
  }

  #traced(text: string, at: number): void {
    this.events.push({ kind: 'trace', at, boot: this.boots, text });
    this.#options.trace?.(text);
  }

  #exited(exit: Exit & { report: Report | undefined; error?: Error }): void {
    const { report, error, ...rest } = exit;
    this.#host = undefined;
    this.lastReport = report ?? this.lastReport;
    for (const handler of this.#handlers.values()) handler.reset?.();
    if (error) {
      if (this.#closed) return;
      if (this.#options.died) this.#options.died(error);
      else this.#failure = error;
      return;
    }
    this.exits.push(rest);
    this.events.push({ kind: 'exit', ...rest });
    this.#options.exited?.(rest);
    if (this.#closed || rest.reason === 'stopped' || this.#options.reboots === 'manual') return;
    this.#cancelReboot = this.clock.at(rest.at + (this.#options.rebootDelay ?? 300), () =>
      this.#boot(resetReasonAfter(rest.reason)),
    );
  }

  #pinLines(pin: number, signals: readonly Signal[]): string[] {
    return signals.map((signal) =>
      signalLine(pin, signal, (values) => {
        const path = join(this.#files.directory, `values-${this.#valueFiles++}`);
        writeFileSync(path, values);
        return path;
      }),
    );
  }

  #configuration(resetReason: number): string {
    const { seed = 1, mac = '24:0a:c4:00:00:01', truth, turnLimit, mips } = this.#options;
    this.#valueFiles = 0;
    return [
      `seed\t${seed}`,
      `mac\t${mac}`,
      `boot\t${this.boots}`,
      `reset\t${resetReason}`,
      `start\t${this.clock.now()}`,
      `real\t${this.clock.kind === 'real' ? 1 : 0}`,
      ...(this.#program.bits === 64 ? ['wide\t1'] : []),
      ...(mips ? speedLines(mips) : []),
      ...(turnLimit ? [`turn\t${turnLimit}`] : []),
      ...(truth ? [`truth\t${resolve(truth)}`] : []),
      ...this.preferences.lines(),
      ...this.flash.lines(),
      ...[...this.#signals].flatMap(([pin, signals]) => this.#pinLines(pin, signals)),
      '',
    ].join('\n');
  }
}

export type { Clock };
export { RealClock, VirtualClock };
