import { spawnSync } from 'node:child_process';
import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NodeStorage } from '@sluice/common/storage';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Arrival } from '../inbox/arrival';
import { blockOf, messageAt, metadataOf } from '../inbox/test-arrivals';
import { RawFiles } from '../stores/raw-files/raw-files';
import { listDays } from '../stores/raw-files/read-day';
import { type RawFormat, rawText } from './raw';

const python = spawnSync('python3', ['--version']).status === 0;
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

  test('are told of damage, which costs what it hits alone', async () => {
    await write(arrivals);
    const path = join(directory, 'data/app/part-1970-01-01.sluice');
    const bytes = await readFile(path);
    bytes[bytes.lastIndexOf('SLUICE-@') + 30]! ^= 1;
    await writeFile(path, bytes);
    await appendFile(join(directory, 'data/app/part-1970-01-01.json'), 'no message\n');
    expect((await text('csv')).split('\r\n')).toHaveLength(1 + 3 * 20 + 1);
    expect(problems).toHaveLength(2);
  });

  test('are listed by project, device and date', async () => {
    await write(arrivals);
    expect(await listDays(storage, join(directory, 'data'), {})).toEqual([day]);
    expect(await listDays(storage, join(directory, 'data'), { devId: 'other' })).toEqual([]);
  });

  test.skipIf(!python && !process.env.CI)(
    'are the same messages in Python (skipped: python3 missing)',
    async () => {
      await write(arrivals);
      const package_ = join(import.meta.dirname, '..', '..', 'python');
      const { stdout, stderr } = spawnSync('python3', ['-m', 'sluice_files', join(directory, 'data')], {
        env: { ...process.env, PYTHONPATH: package_ },
        encoding: 'utf8',
      });
      expect(stderr).toBe('');
      const parsed = (all: string) =>
        all
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line));
      const sorted = (all: object[]) =>
        all.map((message) => JSON.stringify(message, Object.keys(message).sort()));
      expect(sorted(parsed(stdout))).toEqual(sorted(parsed(await text('json'))));
      expect(parsed(stdout)).toEqual(expect.arrayContaining(parsed(await text('json'))));
    },
  );
});
