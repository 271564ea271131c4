import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { appendFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { NodeStorage } from '@sluice/common/storage';
import { tableFromIPC } from 'apache-arrow';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { pack } from '../../modules/block/encode.node.js';
import { python as environmentPython } from '../../test/viam/python';
import type { Arrival } from '../inbox/arrival';
import { blockOf, messageAt, metadataOf } from '../inbox/test-arrivals';
import { RawFiles } from '../stores/raw-files/raw-files';
import { listDays } from '../stores/raw-files/read-day';
import { blocksOf } from '../stores/time-series/test-series';
import { Answering, type AnswerLimits } from './answer';
import { type RawFormat, rawText } from './raw';
import type { RawTask, TableFormat } from './task';

const python = spawnSync('python3', ['--version']).status === 0;
const pandas = ['python3', environmentPython].find(
  (path) => spawnSync(path, ['-c', 'import numpy, pandas']).status === 0,
);
const { PYTHONPATH = '' } = process.env;
const pythonPath = [join(import.meta.dirname, '..', '..', 'python'), PYTHONPATH]
  .filter(Boolean)
  .join(delimiter);
const storage = new NodeStorage();
const day = { appId: 'app', devId: 'part', date: '1970-01-01' };
let directory: string;
let problems: string[];

const blocksAt = (position: number, stream: number, sequence: number, known = true): Arrival => ({
  kind: 'blocks',
  position,
  arrived: 5000,
  appId: 'app',
  devId: 'part',
  main: 'main',
  metadata: metadataOf('part', stream),
  blocks: [{ ...blockOf(stream, sequence), ...(!known && { mapping: { known, offset: 0 } }) }],
});

function lineOf(time: number, values: object): string {
  const fields = JSON.stringify(values, (_, value) =>
    typeof value === 'bigint' ? `bigint ${value}` : value,
  );
  const line = `{"app_id":"app","dev_id":"part","time":${time},"payload_fields":${fields}}`;
  return line.replaceAll(/"bigint (\d+)"/g, '$1');
}

function messageOf(position: number, values: object, time = position): Arrival {
  const line = Buffer.from(lineOf(time, values));
  return { kind: 'message', position, arrived: 0, appId: 'app', devId: 'part', line };
}

async function write(arrivals: readonly Arrival[], asJson = false): Promise<void> {
  const stage = await RawFiles.open({
    storage,
    directory: join(directory, 'data'),
    state: join(directory, 'raw-files.json'),
    timeZone: 'UTC',
    asJson: () => asJson,
    first: 0,
    onProblem: (problem) => {
      throw problem;
    },
  });
  for (const arrival of arrivals)
    await stage.process([arrival], arrival.position + 1, async () => expect.unreachable('nothing is bad'));
}

async function text(format: RawFormat): Promise<string> {
  let all = '';
  const source = {
    storage,
    directory: join(directory, 'data'),
    onProblem: (problem: string) => problems.push(problem),
  };
  for await (const piece of rawText(source, day, format)) all += piece;
  return all;
}

/** Counts that stand for volts; a parameter that the field's name does not have. */
const analogs = ((): Arrival => {
  const all = blocksOf(5, [0, 1, 2000, 3], { devId: 'part', stream: 3, start: 5000 });
  if (all.kind !== 'blocks') throw new Error('are no blocks');
  const parameters = { reader_name: 'A3', samples: '4' };
  return { ...all, metadata: { ...all.metadata, parameters, tags: ['é', 'b'] } };
})();

const records = ((): Arrival => {
  const values = [{ a: { b: 1 }, a_b: 2.5, list: [true, null, 'x'] }, { a: 7 }];
  const { period, boot } = { period: { numerator: 10, denominator: 1 }, boot: { counter: 1, random: 1 } };
  const { blocks } = pack('record', values, { stream: 4, period, boot, start: 1000 });
  return {
    ...(blocksAt(6, 4, 0) as Arrival & { kind: 'blocks' }),
    metadata: { ...metadataOf('part', 4), kind: 'record', method: 'Readings' },
    blocks: blocks.map((bytes, sequence) => ({
      sequence,
      readings: values.length,
      mapping: { known: true, offset: 5000 },
      bytes,
    })),
  };
})();

const columns = ['time', 'app_id', 'part', 'stream', 'tags', 'value', 'boolean', 'text'];

/** As a reader that is none of ours has it. */
async function table(format: TableFormat, limits: Partial<AnswerLimits> = {}, mostRows = 1e6) {
  const answer = join(directory, `answer.${format}`);
  const spill = join(directory, 'spill');
  const answering = new Answering({ spill, memoryMb: 120, spillMb: 100, mostBytes: 1e9, ...limits });
  try {
    const task: RawTask = {
      kind: 'raw',
      directory: join(directory, 'data'),
      days: [day],
      format,
      answer,
      mostRows,
    };
    const answered = await answering.answer(task);
    const read = format === 'parquet' ? await readParquet(answer) : readArrow(await readFile(answer));
    expect(answered).toMatchObject({ rows: read.rows.length, bytes: (await readFile(answer)).length });
    return { ...read, problems: answered.problems };
  } finally {
    answering.close();
  }
}

async function readParquet(path: string): Promise<Table> {
  const instance = await DuckDBInstance.create();
  try {
    const read = await (await instance.connect()).runAndReadAll(
      `select * replace (epoch_ms(time) as time) from '${path}'`,
    );
    const rows = read.getRowsJS().map(([time, ...row]) => [Number(time), ...row]);
    return { columns: read.columnNames(), rows };
  } finally {
    instance.closeSync();
  }
}

function readArrow(bytes: Uint8Array): Table {
  const read = tableFromIPC(bytes);
  const cells = columns.map((name) => [...read.getChild(name)!]);
  const rows = Array.from({ length: read.numRows }, (_, row) => cells.map((column) => column[row]));
  return { columns: read.schema.fields.map(({ name }) => name), rows };
}

interface Table {
  columns: string[];
  rows: unknown[][];
}

/** A row as its line in the CSV. */
function csvOf([time, , , stream, tags, value, boolean, text]: unknown[]): string {
  const cells = [new Date(Number(time)).toISOString(), stream, text ?? boolean ?? value, tags].map(String);
  return cells.map((cell) => (/[",]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(',');
}

const arrivals = [
  messageAt(0, 'part'),
  blocksAt(1, 1, 0),
  blocksAt(2, 2, 0),
  blocksAt(3, 1, 1),
  blocksAt(4, 2, 1, false),
];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-read-'));
  problems = [];
});

afterEach(async () => {
  await rm(directory, { recursive: true });
});

describe('raw files read back', () => {
  test('are the same lines, whether blocks were kept as blocks or as JSON', async () => {
    await write(arrivals);
    const fromBlocks = await text('json');
    await rm(directory, { recursive: true });
    await write(arrivals, true);
    expect(fromBlocks.split('\n')).toHaveLength(1 + 4 * 20 + 1);
    expect(fromBlocks).toBe(await readFile(join(directory, 'data/app/part-1970-01-01.json'), 'utf8'));
    expect(problems).toEqual([]);
  });

  test('need one head a stream and file, however often streams take turns', async () => {
    await write(arrivals);
    const bytes = await readFile(join(directory, 'data/app/part-1970-01-01.sluice'), 'latin1');
    expect(bytes.split('SLUICE-1')).toHaveLength(3);
  });

  test('are CSV with a value a line', async () => {
    await write(arrivals.slice(0, 2));
    const lines = (await text('csv')).split('\r\n');
    expect(lines[0]).toBe('1970-01-01T00:00:00.000Z,n,0,{}');
    expect(lines).toHaveLength(22);
  });

  test.each<TableFormat>(['parquet', 'arrow'])(
    'are the rows of the CSV as %s, with their types',
    async (format) => {
      const values = { whole: 2 ** 60, half: 0.5, on: true, note: '=1+1, "é"\0', deep: { er: -1 } };
      await write([...arrivals, messageOf(5, { ...values, whole: 2n ** 60n + 1n })]);
      const { rows, problems } = await table(format);
      expect(problems).toEqual([]);
      const csv = (await text('csv')).trim().split('\r\n');
      expect(rows.map(csvOf)).toEqual(csv.map((line) => line.replace("'=1", '=1')));
      expect(rows.slice(1, 6)).toEqual([
        [5, 'app', 'part', 'whole', '{}', 2 ** 60, null, String(2n ** 60n + 1n)],
        [5, 'app', 'part', 'half', '{}', 0.5, null, null],
        [5, 'app', 'part', 'on', '{}', null, true, null],
        [5, 'app', 'part', 'note', '{}', null, null, values.note],
        [5, 'app', 'part', 'deep_er', '{}', -1, null, null],
      ]);
    },
  );

  test('are a table without rows, where nothing in them has a value', async () => {
    await write([messageOf(0, { n: null })]);
    for (const format of ['parquet', 'arrow'] as const)
      expect(await table(format)).toMatchObject({ columns, rows: [] });
  });

  test('are a table whatever it takes of the disk, and refused beyond what it may have', async () => {
    // 25 MB of texts that differ: more than DuckDB has memory for.
    const texts = () => Array.from({ length: 100 }, () => randomBytes(300).toString('hex'));
    const lines = Array.from({ length: 420 }, (_, n) => lineOf(n, { texts: texts() }));
    await mkdir(join(directory, 'data/app'), { recursive: true });
    await writeFile(
      join(directory, 'data/app/part-1970-01-01.json'),
      lines.map((line) => `${line}\n`).join(''),
    );
    const little = { memoryMb: 12 };
    const { rows } = await table('arrow', little);
    expect(rows).toHaveLength(42_000);
    await expect(table('arrow', { ...little, spillMb: 1 })).rejects.toMatchObject({
      status: 413,
      message: 'needs more memory than a question has: ask for JSON lines or CSV',
    });
    await expect(table('arrow', {}, 41_999)).rejects.toMatchObject({
      status: 413,
      message: 'is more than 41999 rows: ask for JSON lines or CSV',
    });
  });

  test('are told of damage, which costs what it hits alone', async () => {
    await write(arrivals);
    const path = join(directory, 'data/app/part-1970-01-01.sluice');
    const bytes = await readFile(path);
    bytes[bytes.lastIndexOf('SLUICE-@') + 30]! ^= 1;
    await writeFile(path, bytes);
    await appendFile(join(directory, 'data/app/part-1970-01-01.json'), 'no message\n');
    expect((await text('csv')).split('\r\n')).toHaveLength(1 + 3 * 20 + 1);
    expect(problems).toHaveLength(2);
    const { rows, problems: told } = await table('parquet');
    expect(rows).toHaveLength(1 + 3 * 20);
    expect(told).toEqual(problems);
  });

  test('are listed by project, device and date', async () => {
    await write(arrivals);
    expect(await listDays(storage, join(directory, 'data'), {})).toEqual([day]);
    expect(await listDays(storage, join(directory, 'data'), { devId: 'other' })).toEqual([]);
  });

  test.skipIf(!python && !process.env.CI)(
    'are the same messages in Python (skipped: python3 missing)',
    async () => {
      await write([...arrivals, analogs, records]);
      const { stdout, stderr } = spawnSync('python3', ['-m', 'sluice_files', join(directory, 'data')], {
        env: { ...process.env, PYTHONPATH: pythonPath },
        encoding: 'utf8',
      });
      expect(stderr).toBe('');
      const parsed = (all: string) =>
        all
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line));
      expect(parsed(stdout)).toEqual(parsed(await text('json')));
    },
  );

  // CI installs numpy and pandas, so there a skip is a failure.
  test.skipIf(pandas === undefined && !process.env.CI)(
    'are arrays of numpy and a frame of pandas (skipped: numpy or pandas missing)',
    async () => {
      const sent = [
        messageOf(0, { n: 2.5, on: true, mixed: 'x' }, 7),
        messageOf(1, { n: 1, on: false, mixed: 1 }, 3),
      ];
      await write([...sent, analogs]);
      const script = `
import json, sluice_files, sys
arrays = sluice_files.to_numpy(sys.argv[1], app_id="app")
frame = sluice_files.to_pandas(sys.argv[1], dev_id="part")
none = sluice_files.to_pandas(sys.argv[1], dev_id="nobody")
print(json.dumps({
  "arrays": {field: [times.tolist(), values.tolist(), values.dtype.kind] for field, (times, values) in arrays.items()},
  "columns": list(frame.columns),
  "times": [time.isoformat() for time in frame["time"]],
  "rows": frame.drop(columns="time").values.tolist(),
  "none": [len(none), str(none["time"].dtype.tz)],
}))`;
      const { stdout, stderr } = spawnSync(pandas ?? 'python3', ['-c', script, join(directory, 'data')], {
        env: { ...process.env, PYTHONPATH: pythonPath },
        encoding: 'utf8',
      });
      expect(stderr).toBe('');
      const { arrays, columns: names, times, rows, none } = JSON.parse(stdout);
      expect(arrays).toEqual({
        n: [[3, 7], [1, 2.5], 'f'],
        on: [[3, 7], [false, true], 'b'],
        mixed: [[3, 7], [1, 'x'], 'O'],
        board_A3: [[5000, 5010, 5020, 5030], [0, 0.001, 2, 0.003], 'f'],
      });
      expect(names).toEqual(['time', 'app_id', 'dev_id', 'field', 'value', 'tags']);
      expect(times.slice(-2)).toEqual([
        '1970-01-01T00:00:05.020000+00:00',
        '1970-01-01T00:00:05.030000+00:00',
      ]);
      expect(rows).toHaveLength(10);
      expect(rows.slice(0, 2)).toEqual([
        ['app', 'part', 'n', 2.5, {}],
        ['app', 'part', 'on', true, {}],
      ]);
      expect(rows.at(-1)).toMatchObject(['app', 'part', 'board_A3', 0.003, { tags: 'é,b' }]);
      expect(none).toEqual([0, 'UTC']);
    },
  );
});
