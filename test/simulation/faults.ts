/** What each kind of fault does to the world, and how it ends. */
import type { StrictDisk } from '../../common/storage/strict-disk';
import type { VirtualClock } from '../../host-sim/device';
import { answerTo } from '../../host-sim/network/name-server';
import type { NameForgery } from '../../host-sim/network/simulated-network';
import { falseGateway } from './false-gateway';
import { answering, endless, garbage, type Impostor, leaving, mute, upgrading } from './impostors';
import { killAtSync } from './kill-at-sync';
import { Random } from './random';
import { type Fault, type FaultKind, longestTwin } from './scenario';
import type { SimulatedCloud } from './simulated-cloud';
import type { SimulatedGateway } from './simulated-gateway';
import type { SimulatedPart } from './simulated-part';
import type { WorldNetwork } from './world-network';

/** What faults get at. */
export interface Stage {
  /** Nothing fails any more. */
  readonly isCalm: () => boolean;
  readonly clock: VirtualClock;
  readonly network: WorldNetwork;
  readonly gateway: SimulatedGateway;
  readonly disk: StrictDisk;
  readonly cloud: SimulatedCloud;
  readonly host: string;
  readonly port: number;
  startGateway(): Promise<void>;
  call(part: SimulatedPart, method: string): void;
  /** @param sensors more than the scenario has */
  configure(part: SimulatedPart, sensors?: number): void;
  /** Another device with the same name. */
  addTwin(part: SimulatedPart): Promise<SimulatedPart>;
}

/** One fault as it comes. */
interface Event extends Stage {
  part: SimulatedPart;
  at: number;
  until: number;
  duration: number;
  choice: number;
  /** At the fault's end. */
  later(action: () => void | Promise<void>): void;
}

const portal = 'HTTP/1.1 302 Found\r\nLocation: http://portal.hotel/\r\nContent-Length: 0\r\n\r\n';
const impostors: ((seed: number) => Impostor)[] = [
  () => mute,
  () => endless,
  () => leaving(portal),
  () => answering('HTTP/1.1 101\r\n'),
  () => upgrading(Uint8Array.of(0x82, 127, 0, 0, 0, 0, 0x80, 0, 0, 0, 1)),
  (seed) => garbage(seed),
];
const forgeries: NameForgery[] = [
  (query) => [answerTo(query, undefined)],
  (query) => [answerTo(query, '10.0.9.9')],
  (query) => [answerTo(query, '0.0.0.0')],
  (query) => [answerTo(query, '10.0.0.1').subarray(0, 12)],
  () => [new Uint8Array(0)],
];
/**
 * A text of this many is what a part reads at most, and no device has room for most of them; of one in four more are
 * asked, so that the text is too long for the part, or for a message.
 */
const mostRead = 54;
const mostSensors = 140;
const steps = 3;
const slowest = 20_000;

function chosen<T>(list: readonly T[], choice: number): T {
  return list[Math.floor(choice * list.length)]!;
}

/** Every connection breaks, and nobody but this is found on the gateway's address. */
function impersonate({ network, at, choice, later }: Event, impostor: Impostor): void {
  network.cut(at + 1);
  network.impostor = impostor;
  later(() => {
    if (network.impostor !== impostor) return;
    network.impostor = undefined;
    // Who has fallen for it learns nothing else of its end.
    if (choice < 0.5) network.cut(0);
  });
}

/** Where somebody waits for a commit: before it, or right after it. */
function dieAtSync({ isCalm, disk, gateway, clock, choice, duration, startGateway }: Event): void {
  killAtSync(disk, choice < 0.5, () => {
    // It may be armed still when everything is to work again.
    if (isCalm()) return false;
    gateway.kill(true);
    clock.at(clock.now() + duration / 4, startGateway);
    return true;
  });
}

/** Restarted while it is away, what is on the bus cannot be built. */
async function awayFromBus(event: Event, set: (away: boolean) => void): Promise<void> {
  set(true);
  event.later(() => set(false));
  if (event.choice < 0.6) await event.part.device.reboot();
}

function change({ part, choice, configure }: Event): void {
  const { own, added } = part.options.scenario;
  const target = chosen([...own, ...added], choice);
  target.frequency = choice < 0.5 ? target.frequency * 2 : Math.max(0.5, target.frequency / 2);
  if (target.frequency > 20) target.frequency = 20;
  configure(part);
}

/** Step by step, so that the later ones come beside what the first have begun; and back. */
function grow({ part, at, until, choice, clock, configure, later }: Event): void {
  const most = choice < 0.75 ? (choice / 0.75) * mostRead : choice * mostSensors;
  for (let step = 0; step < steps; step++) {
    const sensors = 1 + Math.floor((most * (step + 1)) / steps);
    clock.at(at + ((until - at) * step) / steps, () => configure(part, sensors));
  }
  later(() => configure(part));
}

const effects: Record<FaultKind, (event: Event) => void | Promise<void>> = {
  'wifi-down': ({ network, at, until }) => network.accessPointDown('sim', { from: at, until }),
  'half-open': ({ network, part, at, until }) => network.blackhole({ from: at, until }, part.device),
  lossy: ({ network, part, at, until, choice }) =>
    network.degrade({ from: at, until }, { loss: 0.05 + choice / 4, latency: choice * 500 }, part.device),
  cut: ({ network, at }) => network.cut(at + 1),
  'cut-in-frame': ({ network, host, choice }) =>
    network.cutAfter(choice < 0.5 ? 'up' : 'down', Math.floor(choice * 3_000), host),
  'flipped-bit': ({ gateway }) => void gateway.flips++,
  'repeated-frame': ({ gateway }) => void gateway.repeats++,
  refused: ({ network, host, port, at, until }) => network.refuse(host, port, { from: at, until }),
  'gateway-killed': ({ gateway, later, startGateway }) => {
    gateway.kill(false);
    later(startGateway);
  },
  'gateway-power-cut': ({ gateway, later, startGateway }) => {
    gateway.kill(true);
    later(startGateway);
  },
  'gateway-killed-at-sync': dieAtSync,
  'disk-full': ({ disk, choice, later }) => {
    disk.capacity = disk.used + Math.floor(choice * 2_000);
    later(() => {
      disk.capacity = Number.POSITIVE_INFINITY;
    });
  },
  'disk-errors': ({ disk, choice, later }) => {
    disk.failByChance(0.01 + choice / 5);
    later(() => {
      delete disk.fault;
    });
  },
  'cloud-down': ({ cloud, later }) => {
    cloud.down = true;
    later(() => {
      cloud.down = false;
    });
  },
  'cloud-slow': ({ cloud, choice, later }) => {
    cloud.delay = choice * slowest;
    later(() => {
      cloud.delay = 0;
    });
  },
  'cloud-refuses': ({ cloud, choice }) => {
    cloud.refusals += 1 + Math.floor(choice * 3);
  },
  'device-power-cut': ({ part: { device } }) => (device.running ? device.powerCut() : undefined),
  'device-power-cut-in-flash': ({ part: { device }, choice }) =>
    device.running ? device.flash.cutPowerSoon(Math.floor(choice * 20), (choice * 400) % 1) : undefined,
  'device-reset': ({ part }) => part.device.reboot(),
  'flash-of-later-format': ({ part }) => part.writeLater(),
  'planned-restart': ({ part, call }) => call(part, 'Restart'),
  configuration: change,
  'configuration-grows': grow,
  'clock-step': ({ network, at, choice }) => network.timeServerWrong(at, (choice - 0.5) * 7_200_000),
  'failing-reads': ({ part, at, until }) => part.failReads(at, until),
  'chip-away': (event) =>
    awayFromBus(event, (away) => {
      event.part.meter.present = !away;
    }),
  'bus-held': (event) =>
    awayFromBus(event, (away) => {
      event.part.bus.held = away;
    }),
  impostor: (event) => impersonate(event, chosen(impostors, event.choice)(event.at)),
  'false-gateway': (event) => impersonate(event, falseGateway(new Random(event.at).next)),
  'name-away': ({ network, at, until }) => {
    network.cut(at + 1);
    network.namesDown({ from: at, until });
  },
  'name-forged': ({ network, at, choice, later }) => {
    const forgery = chosen(forgeries, choice);
    network.cut(at + 1);
    network.forgeNames(forgery);
    later(() => network.forgeNames(undefined));
  },
  twin: async ({ part, clock, at, until, addTwin }) => {
    const twin = await addTwin(part);
    clock.at(Math.min(until, at + longestTwin), () => twin.takeAway());
  },
};

/** @param end of the time with faults, ms of the clock */
export function inject(
  { kind, at, duration, choice }: Fault,
  part: SimulatedPart,
  stage: Stage,
  end: number,
): void | Promise<void> {
  const until = Math.min(at + duration, end);
  const later = (action: () => void | Promise<void>) => void stage.clock.at(until, action);
  return effects[kind]({ ...stage, part, at, until, duration, choice, later });
}

/** Ends what only a time of its own would end. */
export function calm({ network, disk, cloud, gateway }: Stage, parts: readonly SimulatedPart[]): void {
  disk.capacity = Number.POSITIVE_INFINITY;
  delete disk.fault;
  cloud.down = false;
  cloud.delay = cloud.refusals = 0;
  network.impostor = undefined;
  network.forgeNames(undefined);
  // What waits for a block or a connection to come would break it now.
  gateway.flips = gateway.repeats = 0;
  network.forgetCuts();
  for (const { meter, bus } of parts) {
    meter.present = true;
    bus.held = false;
  }
}
