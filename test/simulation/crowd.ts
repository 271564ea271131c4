/**
 * Many parts at once: up to 25 of twelve streams at 100 Hz, which replay what a device sent, over the real link,
 * outbox, sync and disk guard, on the strict disk, in virtual time.
 */
import { StrictDisk, someOf } from '../../common/storage/strict-disk';
import type { Participant } from '../../host-sim/clock';
import { VirtualClock } from '../../host-sim/device';
import { SimulatedNetwork } from '../../host-sim/network/simulated-network';
import { type CrowdCounts, checkCrowd } from './crowd-invariants';
import { keptFiles } from './kept-files';
import { killAtSync } from './kill-at-sync';
import { Random } from './random';
import type { Recording } from './recording';
import { ReplayedPart } from './replayed-part';
import { SimulatedCloud } from './simulated-cloud';
import { SimulatedGateway, type SyncTime, usualSyncTime } from './simulated-gateway';

const usualKinds = [
  'cut',
  'isolated',
  'all-cut',
  'reboot',
  'gateway-killed',
  'gateway-power-cut',
  'gateway-killed-at-sync',
  'disk-full',
  'disk-errors',
  'disk-slow',
  'cloud-down',
  'cloud-slow',
  'cloud-refuses',
] as const;
/** Beside the others, one a minute: they last. */
const lastingKinds = ['clock-set', 'clock-set', 'full-while-away'] as const;

export const crowdFaultKinds = [...usualKinds, 'clock-set', 'full-while-away'] as const;
export type CrowdFaultKind = (typeof crowdFaultKinds)[number];

interface CrowdFault {
  kind: CrowdFaultKind;
  at: number;
  until: number;
  part: number;
  choice: number;
}

export interface CrowdScenario {
  seed: number;
  /** ms with faults; a calm end follows in which everything is delivered. */
  duration: number;
  parts: number;
  faults: CrowdFault[];
}

export interface CrowdResult extends CrowdCounts {
  scenario: CrowdScenario;
  violations: string[];
  injected: Map<CrowdFaultKind, number>;
}

const secret = 'a secret of the simulation';
/** ms in which everything is delivered at the end. */
const calm = 60_000;
/** Unix time in ms when it begins. */
const epoch = Date.UTC(2026, 0, 1);
/** Bytes of a ring: of half a minute, so that an outage overwrites, and of more than a boot. */
const quotas = [1_500, 20_000];
/** ms after which what is free on a full disk is somebody else's. */
const taking = 300;
/** ms within which a disk guard looks once. */
const look = 35_000;
/** ms by which a clock is set, either way. */
const clockError = 90_000;
/** ms that a fault lasts at most: of a longer one nothing is left to see but that the gateway waits for its end. */
const longest = 90_000;
/** Of a disk that is slow, as a memory card. */
const slowSyncTime: SyncTime = [400, 400];
/** ms that a slow cloud takes at most. */
const slowest = 20_000;

export function crowdScenarioOf(seed: number, duration: number, most = 25): CrowdScenario {
  const random = new Random(seed + 171_717);
  const parts = random.pick([Math.ceil(most / 2), most, most]);
  const count = Math.max(4, Math.round(duration / 12_000));
  const usual = Array.from({ length: count }, (): CrowdFault => {
    const kind = random.pick(usualKinds);
    const at = Math.round(random.between(2_000, duration));
    const until = Math.min(duration, at + Math.round(random.between(500, Math.min(longest, duration / 4))));
    return { kind, at, until, part: random.whole(0, parts - 1), choice: random.next() };
  });
  const lasting = Array.from({ length: Math.max(1, Math.round(duration / 60_000)) }, (): CrowdFault => {
    const kind = random.pick(lastingKinds);
    const at = Math.round(random.between(2_000, Math.max(2_000, duration - look)));
    return { kind, at, until: Math.min(duration, at + look), part: 0, choice: random.next() };
  });
  return { seed, duration, parts, faults: [...usual, ...lasting].sort((a, b) => a.at - b.at) };
}

export async function runCrowd(scenario: CrowdScenario, recording: Recording): Promise<CrowdResult> {
  return new Crowd(scenario, recording).run();
}

/** Without a device nothing would wait for what Node does in this moment: here it is done before time goes on. */
class Turns implements Participant {
  now = 0;
  readonly wake = 0;
  readonly running = true;

  async advance(horizon: number): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    this.now = horizon;
  }

  shorten(): void {}
}

/** A tenth of all that the gateway can do without for a while. */
function badFiles(choice: number): (path: string) => boolean {
  const isBad = someOf(0.1, Math.floor(choice * 2 ** 31));
  return (path) => path.startsWith('/capture/') && !path.includes('/.sluice/') && isBad(path);
}

class Crowd {
  readonly clock = new VirtualClock();
  readonly disk = new StrictDisk();
  readonly cloud = new SimulatedCloud();
  readonly gateway: SimulatedGateway;
  readonly parts: ReplayedPart[];
  readonly #injected = new Map<CrowdFaultKind, number>();
  readonly #random: () => number;
  #isSlow = false;
  #isCalm = false;
  #clockError = 0;

  constructor(
    readonly scenario: CrowdScenario,
    recording: Recording,
  ) {
    const { clock, disk, cloud } = this;
    clock.join(new Turns());
    const random = new Random(scenario.seed + 5).next;
    this.#random = random;
    const names = Array.from({ length: scenario.parts }, (_, index) => `part-${index}`);
    this.gateway = new SimulatedGateway({
      clock,
      network: new SimulatedNetwork({ seed: scenario.seed }),
      disk,
      cloud,
      secrets: Object.fromEntries(names.map((name) => [name, secret])),
      configurations: new Map(),
      random,
      port: 8080,
      wall: () => epoch + clock.now() + this.#clockError,
      syncTime: () => (this.#isSlow ? slowSyncTime : usualSyncTime),
    });
    const { gateway } = this;
    this.parts = names.map((name, index) => {
      const quota = quotas[index % quotas.length]!;
      const latency = 5 + 40 * random();
      return new ReplayedPart({ name, secret, recording, clock, gateway, random, latency, quota });
    });
  }

  async run(): Promise<CrowdResult> {
    const { clock, scenario, parts, gateway, disk, cloud } = this;
    await this.#start();
    for (const part of parts) clock.at(this.#random() * 10_000, () => part.boot());
    for (const fault of scenario.faults) clock.at(fault.at, () => this.#begin(fault));
    await clock.run(scenario.duration);
    await this.#settle();
    const { files, unreadable } = await keptFiles(cloud, disk);
    const violations = unreadable.map((path) => `${path} cannot be read`);
    return {
      scenario,
      injected: this.#injected,
      violations,
      ...checkCrowd({ parts, files, gateway }, violations),
    };
  }

  readonly #start = (): Promise<void> => this.gateway.start();

  /** Every connection is in this process: it breaks with the gateway. */
  #kill(power: boolean): void {
    this.gateway.kill(power);
    for (const part of this.parts) part.cut();
  }

  /** @returns what ends it */
  #takeFreed(): () => void {
    const { clock, disk } = this;
    let end = (): void => undefined;
    const take = () => {
      disk.capacity = Math.min(disk.capacity, disk.used);
      end = clock.at(clock.now() + taking, take);
    };
    end = clock.at(clock.now() + taking, take);
    return () => end();
  }

  #begin({ kind, until, part: index, choice }: CrowdFault): void | Promise<void> {
    const { clock, disk, cloud, parts } = this;
    const part = parts[index]!;
    const later = (action: () => void | Promise<void>) => void clock.at(until, action);
    this.#injected.set(kind, (this.#injected.get(kind) ?? 0) + 1);
    switch (kind) {
      case 'cut':
        return part.cut();
      case 'isolated':
        part.isolated = true;
        return later(() => {
          part.isolated = false;
        });
      case 'all-cut':
        for (const each of parts) each.cut();
        return;
      case 'reboot':
        return part.boot();
      case 'gateway-killed':
      case 'gateway-power-cut':
        this.#kill(kind === 'gateway-power-cut');
        return later(this.#start);
      case 'gateway-killed-at-sync':
        return killAtSync(disk, choice < 0.5, () => {
          // It may be armed still when everything is to work again.
          if (this.#isCalm) return false;
          this.#kill(true);
          clock.at(clock.now() + 1_000 + choice * 5_000, this.#start);
          return true;
        });
      case 'disk-full': {
        disk.capacity = disk.used + Math.floor(choice * 200_000);
        // Every other time somebody takes what is given free meanwhile.
        const isTaken = index % 2 === 0;
        const endTaking = isTaken ? this.#takeFreed() : undefined;
        return later(() => {
          endTaking?.();
          disk.capacity = Number.POSITIVE_INFINITY;
        });
      }
      case 'disk-errors':
        // Every other time some files cannot be read for as long, however often they are tried.
        disk.failByChance(0.01 + choice / 5, index % 2 === 0 ? badFiles(choice) : undefined);
        return later(() => {
          delete disk.fault;
        });
      case 'disk-slow':
        this.#isSlow = true;
        return later(() => {
          this.#isSlow = false;
        });
      case 'cloud-down':
        cloud.down = true;
        return later(() => {
          cloud.down = false;
        });
      case 'cloud-slow':
        cloud.delay = choice * slowest;
        return later(() => {
          cloud.delay = 0;
        });
      case 'cloud-refuses':
        cloud.refusals += 1 + Math.floor(choice * 20);
        return;
      case 'full-while-away':
        disk.capacity = disk.used + Math.floor(choice * 50_000);
        cloud.down = true;
        return later(() => {
          disk.capacity = Number.POSITIVE_INFINITY;
          cloud.down = false;
        });
      case 'clock-set':
        this.#clockError = Math.round((2 * choice - 1) * clockError);
    }
  }

  async #settle(): Promise<void> {
    this.#isCalm = true;
    const { clock, disk, cloud, gateway, parts } = this;
    for (const part of parts) {
      part.stop();
      part.isolated = false;
    }
    disk.capacity = Number.POSITIVE_INFINITY;
    delete disk.fault;
    this.#isSlow = cloud.down = false;
    cloud.delay = cloud.refusals = 0;
    if (!gateway.running) await this.#start();
    await clock.run(calm);
    disk.pause = undefined;
    await clock.run(200);
    while (gateway.directory.unread.length > 0) await gateway.directory.checkpoint();
    await gateway.sync!.sync();
  }
}
