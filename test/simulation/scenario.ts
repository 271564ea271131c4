/** What happens in one run: devices, their collectors, and faults, all drawn from the seed. */
import { Random } from './random';

export interface Collector {
  pin: number;
  frequency: number;
  cacheKb: number;
}

export interface PartScenario {
  name: string;
  board: keyof typeof pinsOf;
  /** The part's own capture methods, and those which the main adds. */
  own: Collector[];
  added: Collector[];
  /** Of its power meter on I2C, where it has one. */
  meter?: Omit<Collector, 'pin'>;
  /** Seed of a sensor whose driver gives whatever comes, where it has one. */
  hostile?: number;
  intervalMinutes: number;
  /** Where absent, the default: small caches then hardly ever reach the flash. */
  headKb?: number;
  retainUnsynced?: boolean;
  /** It sleeps between its syncs: `radio: "duty"`. */
  sleeps?: boolean;
}

export const faultKinds = [
  'wifi-down',
  'half-open',
  'lossy',
  'cut',
  'cut-in-frame',
  'flipped-bit',
  'repeated-frame',
  'refused',
  'gateway-killed',
  'gateway-killed-at-sync',
  'gateway-power-cut',
  'disk-full',
  'cloud-down',
  'device-power-cut',
  'device-power-cut-in-flash',
  'device-reset',
  'flash-of-later-format',
  'planned-restart',
  'configuration',
  'clock-step',
  'failing-reads',
  'chip-away',
  'bus-held',
  'impostor',
  'false-gateway',
  'name-away',
  'name-forged',
  'twin',
  'configuration-grows',
  'disk-errors',
  'cloud-refuses',
  'cloud-slow',
] as const;
export type FaultKind = (typeof faultKinds)[number];

/** ms: two devices run in lock step, which is slow. */
export const longestTwin = 120_000;

export interface Fault {
  kind: FaultKind;
  /** ms of the clock. */
  at: number;
  /** ms it lasts, where it lasts. */
  duration: number;
  /** Index of the part it hits, where it hits one. */
  part: number;
  /** Uniform in [0, 1), for whatever else is to be chosen. */
  choice: number;
}

export interface Scenario {
  seed: number;
  /** ms with faults; a calm end follows in which everything is delivered. */
  duration: number;
  parts: PartScenario[];
  faults: Fault[];
}

/** Analog pins of ADC1, each read by one collector at most: so the truth log says whose a reading is. */
export const pinsOf = {
  esp32: [32, 33, 34, 35, 36, 39],
  esp32c3: [0, 1, 2, 3, 4],
  esp32s3: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
} as const;

function partOf(random: Random, index: number): PartScenario {
  const board = random.pick(['esp32', 'esp32c3', 'esp32s3'] as const);
  const free: number[] = [...pinsOf[board]];
  const collector = (): Collector => ({
    pin: free.splice(random.whole(0, free.length - 1), 1)[0]!,
    frequency: random.pick([0.5, 1, 2, 5, 10, 20]),
    cacheKb: random.pick([1, 1, 2, 5, 20]),
  });
  const own = Array.from({ length: random.whole(1, 3) }, collector);
  const added = Array.from({ length: random.whole(0, 1) }, collector);
  return { name: `part-${index}`, board, own, added, intervalMinutes: random.pick([0.05, 0.1, 0.1, 0.5]) };
}

/**
 * How the flash is used, drawn apart from the rest: without a head in RAM every block goes there, else only what an
 * outage makes of caches that are larger than the head.
 */
function useOfFlash(random: Random): Pick<PartScenario, 'headKb' | 'retainUnsynced'> {
  const headKb = random.pick([undefined, undefined, 0, 0, 1]);
  return { ...(headKb !== undefined && { headKb }), retainUnsynced: random.chance(0.4) };
}

/** ms: the outages of a run are mostly short, some long, and hardly ever there is one of half the run. */
function durationOf(size: number, random: Random, run: number): number {
  const most = size < 0.02 ? run / 2 : size < 0.2 ? Math.min(run / 2, 1_800_000) : 30_000;
  return Math.round(random.between(1_000, most));
}

/** What is on it beside its pins, drawn apart as well. */
function extrasOf(random: Random, seed: number): Pick<PartScenario, 'meter' | 'hostile'> {
  const meter = { frequency: random.pick([0.5, 1, 5, 10]), cacheKb: random.pick([1, 2, 5]) };
  const [isMetered, isHostile] = [random.chance(0.5), random.chance(0.25)];
  return { ...(isMetered && { meter }), ...(isHostile && { hostile: seed }) };
}

/** Whether it sleeps, drawn apart too; then its syncs are so far apart that it may. */
function useOfRadio(random: Random): Partial<Pick<PartScenario, 'sleeps' | 'intervalMinutes'>> {
  const intervalMinutes = random.pick([1, 1, 2]);
  return random.chance(0.2) ? { sleeps: true, intervalMinutes } : {};
}

export function scenarioOf(seed: number, hours: number): Scenario {
  const random = new Random(seed);
  const duration = hours * 3_600_000;
  const flash = new Random(~seed);
  const extras = new Random(seed + 1_000_003);
  const radio = new Random(seed + 2_000_003);
  const parts = Array.from({ length: random.chance(0.25) ? 2 : 1 }, (_, index) => ({
    ...partOf(random, index),
    ...useOfFlash(flash),
  })).map((part) => ({ ...part, ...extrasOf(extras, seed), ...useOfRadio(radio) }));
  // About one fault every two minutes, and every run has some.
  const count = Math.max(5, Math.round((duration / 120_000) * random.between(0.5, 1.5)));
  const faults = Array.from({ length: count }, (): Fault => {
    const kind = random.pick(faultKinds);
    const size = random.next();
    return {
      kind,
      at: Math.round(random.between(2_000, duration)),
      duration: durationOf(size, random, duration),
      part: random.whole(0, parts.length - 1),
      choice: random.next(),
    };
  });
  return { seed, duration, parts, faults: faults.sort((a, b) => a.at - b.at) };
}
