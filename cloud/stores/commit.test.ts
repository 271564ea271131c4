import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Message } from '../message/message';
import { rows } from '../query/query';
import { Commit } from './commit';
import { RawFiles } from './raw-files';
import { TimeSeries } from './time-series';

const block = 'part/1-00000001/0/5';
const stream = 'app/device/part/1-00000001/0';
const file = 'app/device-1970-01-01.json';

let directory: string;
let timeSeries: TimeSeries;
let rawFiles: RawFiles;
let commit: Commit;

const message = (index: number, name = true): Message => ({
  appId: 'app',
  devId: 'device',
  time: index,
  line: `{"index":${index}}`,
  points: [{ field: 'index', value: index }],
  tags: {},
  name: name ? { block, index } : undefined,
});
const lines = async () => (await readFile(join(directory, 'data', file), 'utf8')).split('\n').slice(0, -1);
const values = async () => {
  const all: unknown[] = [];
  for await (const chunk of rows(timeSeries, { part: 'device', format: 'json' })) {
    all.push(...chunk.map(({ value }) => value));
  }
  return all;
};

async function open(): Promise<void> {
  timeSeries = await TimeSeries.open(join(directory, 'state', 'time-series.duckdb'));
  rawFiles = new RawFiles(join(directory, 'data'), 'UTC');
  commit = new Commit(rawFiles, timeSeries, () => 0);
  await commit.recover();
}

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-commit-'));
  await open();
});

afterEach(async () => {
  timeSeries.close();
  await rm(directory, { recursive: true });
});

describe('a crash', () => {
  it('between raw file and time series leaves nothing behind, and the repetition is stored once', async () => {
    await commit.store({ message: message(0) });
    // What a commit has done when the process ends just before its transaction: the lines stand, longer than noted.
    await rawFiles.append(file, [message(1).line]);
    await appendFile(join(directory, 'data', file), '{"torn');
    timeSeries.close();
    await open();
    expect(await lines()).toEqual(['{"index":0}']);
    await commit.store({ message: message(1) });
    expect(await lines()).toEqual(['{"index":0}', '{"index":1}']);
    expect(await values()).toEqual([0, 1]);
  });

  it('before the first commit to a new file empties that file', async () => {
    await timeSeries.noteRawFile(file, 0);
    await rawFiles.append(file, [message(0).line]);
    timeSeries.close();
    await open();
    expect(await lines()).toEqual([]);
  });
});

it('a crash takes nothing from a raw file that stood before the state was begun anew', async () => {
  await rawFiles.append(file, ['{"old":1}']);
  vi.spyOn(timeSeries, 'commit').mockRejectedValueOnce(new Error('the process ends here'));
  vi.spyOn(rawFiles, 'cut').mockResolvedValueOnce();
  await commit.store({ message: message(0) }).catch(() => undefined);
  timeSeries.close();
  await open();
  expect(await lines()).toEqual(['{"old":1}']);
});

describe('a store that fails', () => {
  it('leaves no trace in the other, refuses the group, and takes the next', async () => {
    const failing = vi.spyOn(timeSeries, 'commit').mockRejectedValueOnce(new Error('disk full'));
    const outcomes = await Promise.allSettled(
      [0, 1].map((index) => commit.store({ message: message(index) })),
    );
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await lines()).toEqual([]);
    failing.mockRestore();
    expect(await commit.store({ message: message(0) })).toEqual({ stored: 1, duplicates: 0 });
    expect(await lines()).toEqual(['{"index":0}']);
    expect(await values()).toEqual([0]);
  });
});

describe('names', () => {
  it('keep a block from being stored twice, in one group and over a restart', async () => {
    const arrival = { block: { stream, sequence: 5, messages: [0, 1, 2].map((index) => message(index)) } };
    const both = await Promise.all([commit.store(arrival), commit.store(arrival)]);
    expect(both).toEqual([
      { stored: 3, duplicates: 0 },
      { stored: 0, duplicates: 3 },
    ]);
    timeSeries.close();
    await open();
    expect(await commit.store(arrival)).toEqual({ stored: 0, duplicates: 3 });
    expect(await values()).toEqual([0, 1, 2]);
  });

  it('are the same for a block and for its readings as single messages', async () => {
    await commit.store({ message: message(1) });
    const messages = [0, 1, 2].map((index) => message(index));
    expect(await commit.store({ block: { stream, sequence: 5, messages } })).toEqual({
      stored: 2,
      duplicates: 1,
    });
    expect(await commit.store({ message: message(2) })).toEqual({ stored: 0, duplicates: 1 });
    expect((await values()).sort()).toEqual([0, 1, 2]);
  });
});
