/**
 * The time series: what a reading costs on its way to rows, files and rollups, what it takes on the disk, and how soon
 * questions are answered while others wait. The cloud runs in this process, so that all that it does is counted.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { pino } from 'pino';
import { Cloud } from '../cloud/cloud';
import { openDatabase } from '../cloud/stores/time-series/database';
import { pack, type StagedSlip } from '../modules/block/encode.node.js';
import { type CaptureFileMetadata, encodeHead, encodeRecord } from '../modules/block/file';
import { atLeast, atMost, type Figure, plain } from './figure';

const day = 86_400_000;
const perDay = 8_640_000;
/** Of the day that is measured. */
const midnight = Math.floor(Date.now() / day - 2) * day;
const boot = { counter: 1, random: 1 };
const period = { numerator: 10, denominator: 1 };
/** A capture file has some 700 blocks. */
const fileBytes = 400_000;

/** A recording of 360 Hz. */
function recordedEcg(): number[] {
  const text = readFileSync(join(import.meta.dirname, '../test/data/ecg-mlii-360hz.csv'), 'utf8');
  return text
    .split('\n')
    .slice(1)
    .filter((line) => line !== '')
    .map(Number);
}

/** The same at 100 Hz, between its readings on a straight line. */
function resampled(counts: readonly number[]): number[] {
  return Array.from({ length: Math.floor(counts.length / 3.6) - 1 }, (_, index) => {
    const at = index * 3.6;
    const before = counts[Math.floor(at)]!;
    return Math.round(before + (at % 1) * (counts[Math.floor(at) + 1]! - before));
  });
}

/** Noise of σ 2, the same at every run. */
function noise(): number[] {
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

function* captureFiles(part: string, signal: readonly number[], readings: number): Generator<Buffer> {
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
  const mapping = { known: true, offset: midnight - 1000 };
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

function bytesBelow(directory: string, matches = /./): number {
  return readdirSync(directory, { recursive: true, withFileTypes: true }).reduce((sum, entry) => {
    const path = join(entry.parentPath, entry.name);
    return sum + (entry.isFile() && matches.test(path) ? statSync(path).size : 0);
  }, 0);
}

async function cpuSeconds(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

const open = (directory: string) =>
  Cloud.start({ directory, httpPort: 0, mqttPort: 0, log: pino({ level: 'silent' }) });

async function withDirectory<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'sluice-bench-series-'));
  try {
    return await work(directory);
  } finally {
    await rm(directory, { recursive: true });
  }
}

async function withCloud<T>(directory: string, work: (cloud: Cloud) => Promise<T>): Promise<T> {
  const cloud = await open(directory);
  try {
    return await work(cloud);
  } finally {
    await cloud.close();
  }
}

const inCloud = <T>(work: (cloud: Cloud) => Promise<T>): Promise<T> =>
  withDirectory((directory) => withCloud(directory, work));

async function take(cloud: Cloud, files: readonly Buffer[]): Promise<void> {
  for (const file of files) {
    const answer = await cloud.receiveBlocks(file, { appId: 'bench', main: 'main' });
    if (typeof answer === 'string' || answer.refused.length > 0) throw new Error(JSON.stringify(answer));
  }
}

async function stored(cloud: Cloud): Promise<void> {
  while (!(await cloud.caughtUp(600_000)));
}

async function milliseconds(cloud: Cloud, path: string): Promise<number> {
  const times: number[] = [];
  for (let run = 0; run < 11; run++) {
    const begun = performance.now();
    const response = await fetch(`http://127.0.0.1:${cloud.httpPort}${path}`);
    const buckets = (await response.json()) as unknown[];
    if (!response.ok || buckets.length < 500)
      throw new Error(`${response.status}: ${buckets.length} buckets`);
    times.push(performance.now() - begun);
  }
  return times.slice(1).sort((a, b) => a - b)[5]!;
}

function oneSignal(name: string, signal: readonly number[], reach: number): Promise<Figure[]> {
  return withDirectory(async (directory) => {
    const files = [...captureFiles('part', signal, perDay)];
    const [taking, sealing, plot] = await withCloud(directory, async (cloud) => {
      const taking = await cpuSeconds(async () => {
        await take(cloud, files);
        await stored(cloud);
      });
      const sealing = await cpuSeconds(() => cloud.compact());
      const span = `from=${midnight}&to=${midnight + day}`;
      return [taking, sealing, await milliseconds(cloud, `/query?part=part&buckets=2000&${span}`)] as const;
    });
    const parquet = bytesBelow(directory, /files\/bench\/.*\.\d+\.parquet$/);
    const all = bytesBelow(directory);
    await ninetyDays(directory);
    const longer = await withCloud(directory, (cloud) => {
      const span = `from=${midnight - 89 * day}&to=${midnight + day}`;
      return milliseconds(cloud, `/query?part=part&buckets=2000&${span}`);
    });
    const how = 'a day of 100 Hz through the block door, the raw file beside';
    return [
      atLeast(`to rows, ${name}`, perDay / taking / 1e6, 'million readings a second of CPU', 2, how),
      plain(
        `to rows, then file and rollups of the closed day, ${name}`,
        perDay / (taking + sealing) / 1e6,
        'million readings a second of CPU',
        how,
      ),
      atMost(`Parquet, times included, ${name}`, parquet / perDay, 'B a reading', reach),
      atMost(
        `everything under the directory after a closed day, ${name}`,
        all / perDay,
        'B a reading',
        2.2,
        'inbox, raw file, rows, rollups, names',
      ),
      atMost(`plot of a day, 2,000 buckets, ${name}`, plot, 'ms', 50, 'over HTTP, median of ten'),
      atMost(`plot of 90 days, 2,000 buckets, ${name}`, longer, 'ms', 350, 'rollups of 7.8 × 10⁸ rows'),
    ];
  });
}

/** Rollups of 89 days more, each as that of the day; the rows, which no such plot reads, are of the day alone. */
async function ninetyDays(directory: string): Promise<void> {
  const store = join(directory, 'state/time-series/1');
  const instance = await openDatabase(join(store, 'hot.duckdb'));
  const connection = await instance.connect();
  const found = await connection.runAndReadAll('select path, resolution from files where resolution > 0');
  for (const [path, resolution] of found.getRowsJS() as [string, number][])
    for (let back = 1; back < 90; back++) {
      const copied = path.replace('.parquet', `-${back}.parquet`).replace(/\.(\d+)/, `.$1${back}`);
      await connection.run(
        `copy (select * replace ((time - interval ${back} day)::timestamp_ms as time) from '${join(store, 'files', path)}')
         to '${join(store, 'files', copied)}' (format parquet, parquet_version v2, compression zstd)`,
      );
      await connection.run(
        `insert into files select '${copied}', app_id, dev_id, day - ${back}, ${resolution}, rows, bytes from files where path = '${path}'`,
      );
      await connection.run(
        `insert into file_series select '${copied}', series, first - ${back}::bigint * ${day}, last - ${back}::bigint * ${day}, rows
         from file_series where path = '${path}'`,
      );
    }
  connection.closeSync();
  instance.closeSync();
}

/** Heavy questions over some 50 M rows, while somebody posts. */
function questionsBeside(signal: readonly number[]): Promise<Figure[]> {
  return inCloud(async (cloud) => {
    for (let part = 0; part < 6; part++) await take(cloud, [...captureFiles(`part-${part}`, signal, perDay)]);
    await stored(cloud);
    await cloud.compact();
    const address = `http://127.0.0.1:${cloud.httpPort}`;
    const sql =
      'select part, quantile_cont(value, 0.5) as middle, stddev(value) as spread from readings group by part';
    const begun = performance.now();
    const heavy = Array.from({ length: 40 }, async () => {
      const response = await fetch(`${address}/sql`, { method: 'POST', body: JSON.stringify({ sql }) });
      await response.text();
      return { status: response.status, after: performance.now() - begun };
    });
    let isAsking = true;
    const ended = Promise.all(heavy).finally(() => {
      isAsking = false;
    });
    let longest = 0;
    while (isAsking) {
      const sent = performance.now();
      const body = JSON.stringify({ app_id: 'bench', dev_id: 'poster', payload_fields: { n: 1 } });
      const response = await fetch(`${address}/pipeline`, { method: 'POST', body });
      if (!response.ok) throw new Error(`a message was answered ${response.status}`);
      longest = Math.max(longest, performance.now() - sent);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const answers = await ended;
    const late = answers.filter(({ after }) => after > 60_000).length;
    return [
      atMost('longest POST while 40 heavy questions over 50 M rows run', longest, 'ms', 100),
      atMost('of those, neither answered nor refused within a minute', late, '', 0),
      plain('of those, answered', answers.filter(({ status }) => status === 200).length, ''),
    ];
  });
}

/** A series a message. */
function manySeries(): Promise<Figure[]> {
  return inCloud(async (cloud) => {
    const series = 1_000_000;
    const before = process.memoryUsage().rss;
    for (let index = 0; index < series; index += 1000)
      await Promise.all(
        Array.from({ length: 1000 }, (_, of) => {
          const payload = `{"app_id":"bench","dev_id":"device-${index / 1000}","payload_fields":{"field-${of}":1}}`;
          return cloud.receive(Buffer.from(payload), undefined);
        }),
      );
    await stored(cloud);
    const mebibytes = (process.memoryUsage().rss - before) / 2 ** 20;
    return [atMost('memory of 1 M series, added to the bench’s own', mebibytes, 'MiB', 1000)];
  });
}

export default async function (): Promise<Figure[]> {
  const ecg = recordedEcg();
  return [
    ...(await manySeries()),
    ...(await oneSignal('recorded ECG, reading by reading', ecg, 0.75)),
    ...(await oneSignal('recorded ECG at 100 Hz', resampled(ecg), 0.75)),
    ...(await oneSignal('noise σ 2', noise(), 0.55)),
    ...(await questionsBeside(ecg)),
  ];
}
