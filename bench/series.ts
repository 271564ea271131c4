/** A cloud in this process, so that all that it does is counted, and days of readings for it. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { pino } from 'pino';
import { Cloud } from '../cloud/cloud';
import { pack, type StagedSlip } from '../modules/block/encode.node.js';
import { type CaptureFileMetadata, encodeHead, encodeRecord } from '../modules/block/file';
import { cpuSecondsOfAll } from './cpu';

export const day = 86_400_000;
export const perDay = 8_640_000;
/** Of the day that is measured. */
export const midnight = Math.floor(Date.now() / day - 2) * day;
const period = { numerator: 10, denominator: 1 };
/** A capture file has some 700 blocks. */
const fileBytes = 400_000;

/** Counts of an ECG at 360 Hz, five minutes. */
function recordedEcg(): number[] {
  const text = readFileSync(join(import.meta.dirname, '../test/data/ecg-mlii-360hz.csv'), 'utf8');
  return text
    .split('\n')
    .slice(1)
    .filter((line) => line !== '')
    .map(Number);
}

/**
 * A day of it at 100 Hz, between its readings on a straight line. It is only minutes long: each time it begins at another
 * place between two of its readings, so that no stretch of it is there again as it was.
 */
export function ecgDay(): number[] {
  const counts = recordedEcg();
  const step = 360 / 100;
  const readings: number[] = [];
  for (let time = 0; readings.length < perDay; time++)
    for (
      let at = ((time * 0.618) % 1) * step;
      at < counts.length - 1 && readings.length < perDay;
      at += step
    ) {
      const before = counts[Math.floor(at)]!;
      readings.push(Math.round(before + (at % 1) * (counts[Math.floor(at) + 1]! - before)));
    }
  return readings;
}

/** Noise of σ 2, the same at every run. */
export function noise(): number[] {
  let state = 1;
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return ((state >>> 0) + 1) / 4294967297;
  };
  return Array.from({ length: 500_000 }, () =>
    Math.round(2000 + 2 * Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform())),
  );
}

/** One reading in fifty is a millisecond late, as a device's are that has more to do. */
function slips(count: number): Map<number, StagedSlip> {
  const late = new Map<number, StagedSlip>();
  for (let index = 37; index < count; index += 50) late.set(index, { missed: 0, late: 1, duration: 0 });
  return late;
}

/** @param today how many days after `midnight` it begins, in a boot of its own */
export function* captureFiles(
  part: string,
  signal: readonly number[],
  readings: number,
  today = 0,
): Generator<Buffer> {
  const boot = { counter: 1 + today, random: 1 };
  const metadata: CaptureFileMetadata = {
    part,
    boot,
    stream: 1,
    owner: 'part',
    resource: 'rdk:component:board/board',
    method: 'Analogs',
    parameters: { reader_name: 'A1' },
    kind: 'integer',
    period,
    range: { min: 0, max: 3.3, step: 3.3 / 4095, unit: 'V' },
    tags: [],
  };
  const values = Array.from({ length: readings }, (_, index) => signal[index % signal.length]!);
  const packed = pack('integer', values, { boot, stream: 1, period, start: 1000, slips: slips(readings) });
  const mapping = { known: true, offset: midnight + today * day - 1000 };
  let records: Uint8Array[] = [];
  let bytes = 0;
  for (const [sequence, block] of packed.blocks.entries()) {
    records.push(
      encodeRecord({ sequence, readings: packed.ends[sequence]!.readings, mapping, bytes: block }),
    );
    bytes += block.length;
    if (bytes < fileBytes && sequence < packed.blocks.length - 1) continue;
    yield Buffer.concat([encodeHead(metadata), ...records]);
    records = [];
    bytes = 0;
  }
}

export function bytesBelow(directory: string, matches = /./): number {
  return readdirSync(directory, { recursive: true, withFileTypes: true }).reduce((sum, entry) => {
    const path = join(entry.parentPath, entry.name);
    return sum + (entry.isFile() && matches.test(path) ? statSync(path).size : 0);
  }, 0);
}

export async function cpuSeconds(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

const open = (directory: string) =>
  Cloud.start({ directory, httpPort: 0, mqttPort: 0, log: pino({ level: 'silent' }) });

export async function withDirectory<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'sluice-bench-series-'));
  try {
    return await work(directory);
  } finally {
    await rm(directory, { recursive: true });
  }
}

export async function withCloud<T>(directory: string, work: (cloud: Cloud) => Promise<T>): Promise<T> {
  const cloud = await open(directory);
  try {
    return await work(cloud);
  } finally {
    await cloud.close();
  }
}

export const inCloud = <T>(work: (cloud: Cloud) => Promise<T>): Promise<T> =>
  withDirectory((directory) => withCloud(directory, work));

export async function take(cloud: Cloud, files: readonly Buffer[]): Promise<void> {
  for (const file of files) {
    const answer = await cloud.reception.receiveBlocks(file, { appId: 'bench', main: 'main' });
    if (typeof answer === 'string' || answer.refused.length > 0) throw new Error(JSON.stringify(answer));
  }
}

export async function stored(cloud: Cloud): Promise<void> {
  while (!(await cloud.caughtUp(600_000)));
}

/** Resolves when it keeps as much room for a full disk as what it has by now asks for. */
export async function reserved(cloud: Cloud): Promise<void> {
  while (cloud.volumes().stores.size === 0) await delay(1_000);
  // The keeper looks after the reserves every two seconds.
  await delay(5_000);
}

/** What a plot takes: the median of ten, of 2,000 buckets or what whole steps of a rollup make of them. */
export interface Plot {
  milliseconds: number;
  /** Of all processes. */
  cpuMilliseconds: number;
}

export async function plot(cloud: Cloud, from: number, to: number): Promise<Plot> {
  const runs = 10;
  const ask = async () => {
    const begun = performance.now();
    const query = `part=part&buckets=2000&from=${from}&to=${to}`;
    const response = await fetch(`http://127.0.0.1:${cloud.httpPort}/query?${query}`);
    const buckets = (await response.json()) as unknown[];
    if (!response.ok || buckets.length < 1900)
      throw new Error(`${response.status}: ${buckets.length} buckets`);
    return performance.now() - begun;
  };
  await ask();
  const before = cpuSecondsOfAll();
  const times: number[] = [];
  for (let run = 0; run < runs; run++) times.push(await ask());
  const cpuMilliseconds = ((cpuSecondsOfAll() - before) * 1000) / runs;
  return { milliseconds: times.sort((a, b) => a - b)[runs / 2]!, cpuMilliseconds };
}
