/**
 * What a configuration asks of flash, network and chip, reckoned before anything is flashed.
 *
 * In: a part's configuration, the size of its capture partition, recordings if there are any. Out: for each
 * collector and in all, bytes a reading, outage covered, flash life, bandwidth, share of the chip, warnings.
 */
import { findMethodOf } from '../../modules/config/methods';
import type { CollectorPlan } from '../../modules/config/plan';
import { endurance, FlashLog } from '../../modules/ring/flash-log';
import { recordBytes, sectorBytes } from '../../modules/ring/format';
import { NorFlash } from '../../modules/ring/nor-flash.node.js';
import { type PackedSize, type PlannedRecording, packedSize } from './packed-size';

export interface CollectorEstimate extends PackedSize {
  name: string;
  hertz: number;
  bytesPerSecond: number;
  /** Seconds of outage until its own `cache_size_kb` begins to overwrite. */
  cacheSeconds: number;
  /** Instructions a second, of timer, read, encoding and ring. */
  instructionsPerSecond: number;
  /** Why it cannot run beside those before it, if so. */
  refused: string | undefined;
}

export interface Estimate {
  collectors: CollectorEstimate[];
  bytesPerSecond: number;
  /** Seconds until the partition is full, if every cache were as large as it could be. */
  partitionSeconds: number;
  /** Years to the rated erases of every sector, the uplink always down. */
  lifeYears: number;
  /** Share of a chip at full clock by rv32 instructions: a lower bound, instructions are not cycles. */
  share: { chip: string; share: number }[];
  /** Bytes a day as JSON messages of the platform. */
  jsonBytesPerDay: number;
  warnings: string[];
}

/** MHz; an RV32 or Xtensa core runs at most one of these instructions a cycle. */
export const chipClocks: Readonly<Record<string, number>> = {
  esp32: 240,
  esp32c3: 160,
  esp32c6: 160,
  esp32s3: 240,
};
/** Share of a chip above which capture leaves too little for WiFi and TLS. */
export const mostOfChip = 0.7;

const secondsPerYear = 365.25 * 86_400;
/** One message of one reading: identifiers, time, one field, tags. */
const jsonBytesPerReading = 250;
/** Above this the specification asks for special considerations on an ESP32. */
const highRate = 100;

export interface EstimateInput {
  collectors: readonly CollectorPlan[];
  partitionBytes: number;
  /** By reader, pin or resource name. */
  recordings: ReadonlyMap<string, PlannedRecording>;
  /** Of one Analogs reading on its whole way; from the benchmarks. */
  instructionsPerReading: number;
}

export function estimate(input: EstimateInput): Estimate {
  const { partitionBytes } = input;
  const sectors = Math.floor(partitionBytes / sectorBytes);
  const log = new FlashLog({ flash: new NorFlash(sectors), boot: { counter: 1, random: 1 }, headBytes: 0 });
  const whole = log.fits();
  const collectors = input.collectors.map((plan, stream) => estimateOne(plan, stream, log, input));
  const running = collectors.filter(({ refused }) => refused === undefined);
  const bytesPerSecond = sum(running, (one) => one.bytesPerSecond);
  const programmed = sum(running, (one) => (one.bytesPerSecond * recordBytes(512)) / 512);
  const instructions = sum(running, (one) => one.instructionsPerSecond);
  const share = Object.entries(chipClocks).map(([chip, megahertz]) => ({
    chip,
    share: instructions / (megahertz * 1e6),
  }));
  return {
    collectors,
    bytesPerSecond,
    partitionSeconds: whole / bytesPerSecond,
    lifeYears: (endurance * sectors * sectorBytes) / programmed / secondsPerYear,
    share,
    jsonBytesPerDay: 86_400 * jsonBytesPerReading * sum(running, ({ hertz }) => hertz),
    warnings: warningsOf(running, share),
  };
}

function estimateOne(
  plan: CollectorPlan,
  stream: number,
  log: FlashLog,
  input: EstimateInput,
): CollectorEstimate {
  const { identity, frequency, quota, target } = plan;
  const kind = findMethodOf(identity.resource, identity.method)?.kind;
  if (kind === undefined || kind === 'binary')
    throw new Error(`${identity.method} is not captured on a device`);
  const short = identity.resource.slice(identity.resource.indexOf('/') + 1);
  const reader = Object.values(identity.parameters)[0];
  const recording = input.recordings.get(reader ?? short);
  const size = packedSize(kind, frequency, target, recording);
  const hertz = frequency.numerator / frequency.denominator;
  const bytesPerSecond = size.bytesPerReading * hertz;
  let refused: string | undefined;
  try {
    log.openRing({ stream, quota });
  } catch (error) {
    refused = (error as Error).message;
  }
  return {
    ...size,
    name: [short, identity.method, reader].filter(Boolean).join(' '),
    hertz,
    bytesPerSecond,
    cacheSeconds: quota / bytesPerSecond,
    instructionsPerSecond: hertz * input.instructionsPerReading,
    refused,
  };
}

function warningsOf(collectors: readonly CollectorEstimate[], share: Estimate['share']): string[] {
  const warnings: string[] = [];
  for (const { name, hertz } of collectors) {
    if (hertz > 1000)
      warnings.push(
        `${name}: the timer has whole milliseconds; what is asked beyond 1,000 Hz is counted as missed`,
      );
    else if (hertz > highRate)
      warnings.push(
        `${name}: above ${highRate} Hz an erase (45 to 400 ms on a classic ESP32) costs several late or missed ticks each time; they are counted`,
      );
  }
  for (const { chip, share: used } of share)
    if (used > mostOfChip)
      warnings.push(
        `${chip}: ${Math.round(100 * used)} % of the chip at full clock leaves too little for WiFi and TLS`,
      );
  return warnings;
}

function sum<Item>(items: readonly Item[], value: (item: Item) => number): number {
  return items.reduce((total, item) => total + value(item), 0);
}
