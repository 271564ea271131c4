import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { dayMilliseconds, rollupResolutions } from './cold-files';
import { encodingOf } from './row-encoding';
import {
  allRows,
  blocksOf,
  noon,
  openSeries,
  store,
  type TestSeries,
  temporaryDirectory,
} from './test-series';

let directory: string;
let opened: TestSeries;

beforeEach(async () => {
  directory = await temporaryDirectory();
  opened = await openSeries(directory);
});

afterEach(async () => {
  await opened.series.close();
  await rm(directory, { recursive: true });
});

const rows = 22_000;
/** A recording at 360 Hz, read at 100 Hz: most of its differences are small, some are not. */
const recording = readFileSync(join(import.meta.dirname, '../../../test/data/ecg-mlii-360hz.csv'), 'utf8')
  .trim()
  .split('\n')
  .slice(1)
  .map(Number);
const beat = (index: number) => recording[Math.floor(index * 3.6)]!;
const noise = (index: number) => Math.round(6 * Math.sin(index * index));
const level = (index: number) => (Math.imul(index ^ (index >>> 7), 2654435761) >>> 30) & 1;
const wide = (index: number) => Math.imul(index, 2654435761);

async function seal(...streams: ((index: number) => number)[]): Promise<void> {
  for (const [stream, signal] of streams.entries())
    await store(
      opened.series,
      blocksOf(
        opened.series.position(),
        Array.from({ length: rows }, (_, index) => signal(index)),
        { stream: stream + 1, range: null, start: opened.clock.now },
      ),
    );
  opened.clock.now += dayMilliseconds;
  await opened.series.look(true);
}

const encodings = () =>
  opened.series.read(async (connection, { directory: files }) => {
    const found = await connection.runAndReadAll(
      'select path from files where resolution = 0 order by day, path',
    );
    const paths = found.getRowsJS().map(([path]) => join(files, path as string));
    const read = [];
    for (const path of paths) read.push(await encodingOf(connection, path));
    return read;
  });

test.each([
  ['heart beats', beat, 'DOUBLE', false],
  ['levels', level, 'INTEGER', true],
  ['steps', (index: number) => index, 'INTEGER', false],
] as const)('%s are written in the way that is smallest for them', async (_, signal, count, isDictionary) => {
  await seal(signal);
  expect(await encodings()).toEqual([{ count, isDictionary }]);
});

test('counts are the same in every way, in files read together, to the last digit', async () => {
  const largest = (index: number) => (index % 2 === 0 ? 2147483647 : -2147483648);
  const days = [[beat], [level], [(index: number) => index], [wide], [beat, largest], [noise]];
  for (const streams of days) await seal(...streams);
  const values = (await allRows(opened.series)).map(({ time, value }) => [time, value]);
  const expected = days.flatMap((streams, day) =>
    streams.flatMap((signal) =>
      Array.from({ length: rows }, (_, index) => [noon + day * dayMilliseconds + index * 10, signal(index)]),
    ),
  );
  const sorted = (pairs: (readonly unknown[])[]) => pairs.map((pair) => pair.join(' ')).sort();
  expect(sorted(values).join('\n') === sorted(expected).join('\n')).toBe(true);
  expect(new Set((await encodings()).map(({ count }) => count)).size).toBeGreaterThan(1);
});

test('a file that loses a stream keeps its way, and says what the others are', async () => {
  const retention = { days: 1 };
  await store(
    opened.series,
    blocksOf(
      0,
      Array.from({ length: rows }, (_, index) => beat(index)),
    ),
    blocksOf(
      1,
      Array.from({ length: 100 }, (_, index) => index),
      { stream: 2, retention },
    ),
  );
  opened.clock.now += dayMilliseconds;
  await opened.series.look(true);
  const before = await encodings();
  expect(before).toEqual([{ count: 'DOUBLE', isDictionary: false }]);
  opened.clock.now += 2 * dayMilliseconds;
  await opened.series.look(true);
  expect(await allRows(opened.series)).toHaveLength(rows);
  expect(await encodings()).toEqual(before);
  const about = await opened.series.read(async (connection, { directory: files }) => {
    const found = await connection.runAndReadAll('select path from files');
    const said = [];
    for (const [path] of found.getRowsJS())
      said.push(
        ...(
          await connection.runAndReadAll(
            `select decode(value) from parquet_kv_metadata('${join(files, path as string)}') where decode(key) = 'series'`,
          )
        ).getRowsJS(),
      );
    return said.map(([text]) =>
      (JSON.parse(text as string) as { stream: string }[]).map(({ stream }) => stream),
    );
  });
  expect(about).toEqual(Array.from({ length: 1 + rollupResolutions.length }, () => ['board_A1']));
});
