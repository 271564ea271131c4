import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { CaptureFileMetadata } from '../../modules/block/file';
import { CaptureDirectories } from './capture-directories';

const metadata: CaptureFileMetadata = {
  part: 'esp',
  boot: { counter: 1, random: 2 },
  stream: 1,
  owner: 'main',
  resource: 'rdk:component:board/b',
  method: 'Analogs',
  parameters: {},
  kind: 'integer',
  period: { numerator: 10, denominator: 1 },
  tags: [],
};

let root: string;
let directories: CaptureDirectories;

beforeEach(async () => {
  root = await fs.mkdtemp(join(tmpdir(), 'sluice-directories-'));
});
afterEach(async () => {
  await directories.close();
  await fs.rm(root, { recursive: true });
});

async function open(name: string): Promise<void> {
  directories = await CaptureDirectories.open({
    outbox: { path: join(root, name) },
    record: join(root, 'home/capture-directories.json'),
    log: pino({ level: 'silent' }),
  });
}

async function capture(sequence: number): Promise<string> {
  const outbox = directories.current;
  const state = outbox.declare(metadata);
  const block = { sequence, readings: 1, start: 0, end: 9, bytes: new Uint8Array(60) };
  const outcome = outbox.append(state, block, 5_000);
  while (outcome === 'taken' && state.durable <= sequence)
    await new Promise((resolve) => setTimeout(resolve, 1));
  await outbox.complete();
  return outcome;
}

const remembered = async () =>
  JSON.parse(await fs.readFile(join(root, 'home/capture-directories.json'), 'utf8')).directories;

test('what was captured before a change stays where it is, is still synced, and is taken once', async () => {
  await open('a');
  await capture(0);
  await directories.close();
  await open('b');
  // The part had no acknowledgement of it.
  expect(await capture(0)).toBe('duplicate');
  expect(await capture(1)).toBe('taken');
  const items = [...directories.waiting('cloud')];
  expect(items.map(({ file }) => file.path.startsWith(join(root, 'a')))).toEqual([true, false]);
  expect(await remembered()).toEqual([join(root, 'a'), join(root, 'b')]);
  for (const item of items) await directories.delivered(item, 'cloud');
  expect(directories.paths).toEqual([join(root, 'b')]);
  expect(await remembered()).toEqual([join(root, 'b')]);
  expect(directories.current.account()).toMatchObject([
    { received: { blocks: 1 }, delivered: { blocks: 1 } },
  ]);
});

test('there and back again', async () => {
  await open('a');
  await capture(0);
  await directories.close();
  await open('b');
  await capture(1);
  await directories.close();
  await open('a');
  expect(await capture(1)).toBe('duplicate');
  expect(await capture(2)).toBe('taken');
  expect([...directories.waiting('cloud')]).toHaveLength(3);
});

test('a former directory that cannot be opened is remembered, and stops nothing', async () => {
  await open('a');
  await capture(0);
  await directories.close();
  const state = join(root, 'a/.sluice/state.json');
  const kept = await fs.readFile(state);
  await fs.writeFile(state, 'rubbish');
  await open('b');
  expect([...directories.waiting('cloud')]).toEqual([]);
  expect(await remembered()).toEqual([join(root, 'a'), join(root, 'b')]);
  await directories.close();
  await fs.writeFile(state, kept);
  await open('b');
  expect([...directories.waiting('cloud')]).toHaveLength(1);
});

test('a record that cannot be read stops nothing', async () => {
  await fs.mkdir(join(root, 'home'));
  await fs.writeFile(join(root, 'home/capture-directories.json'), '{"version":7}');
  await open('a');
  expect(await capture(0)).toBe('taken');
});
