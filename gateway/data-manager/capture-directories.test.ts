import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { analogs, image as ownImage } from '../outbox/test-metadata';
import { CaptureDirectories } from './capture-directories';

const metadata = { ...analogs, owner: 'main' as const };
const image = { ...ownImage, owner: 'main' as const };

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
  await outbox.outbox.complete();
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
  expect(directories.current.outbox.account()).toMatchObject([
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

describe('a change while it runs', () => {
  test('leaves what was captured where it is, and takes nothing twice', async () => {
    await open('a');
    await capture(0);
    const before = directories.current.outbox;
    let moved = 0;
    await directories.moveTo(join(root, 'b'), () => moved++);
    expect(moved).toBe(1);
    expect(directories.current.outbox).not.toBe(before);
    expect(await remembered()).toEqual([join(root, 'a'), join(root, 'b')]);
    expect(await capture(0)).toBe('duplicate');
    expect(await capture(1)).toBe('taken');
    const items = [...directories.waiting('cloud')];
    expect(items.map(({ file }) => file.path.startsWith(join(root, 'a')))).toEqual([true, false]);
    const keepsFree = async (name: string) =>
      (await fs.readdir(join(root, name, '.sluice'))).includes('reserve');
    await expect.poll(() => keepsFree('a')).toBe(true);
    for (const item of items) await directories.delivered(item, 'cloud');
    expect(await remembered()).toEqual([join(root, 'b')]);
    // Nobody comes back to it.
    expect(await keepsFree('a')).toBe(false);
    await expect.poll(() => keepsFree('b')).toBe(true);
  });

  test('waits for what is being written, which stays with the directory where it was begun', async () => {
    await open('a');
    const state = directories.current.declare(metadata);
    const block = { sequence: 0, readings: 1, start: 0, end: 9, bytes: new Uint8Array(60) };
    let finish = (): void => undefined;
    const slow = (async function* () {
      yield new Uint8Array(3);
      await new Promise<void>((resolve) => {
        finish = resolve;
      });
    })();
    const begun = directories.current.binary(image, slow);
    expect(directories.current.append(state, block, 5_000)).toBe('taken');
    const move = directories.moveTo(join(root, 'b'), () => undefined);
    const relieved = new Promise((resolve) =>
      directories.current.events.on('relieved', () => resolve('relieved')),
    );
    while (directories.current.append(state, { ...block, sequence: 1 }, 5_000) !== 'full')
      await new Promise((resolve) => setTimeout(resolve, 1));
    const later = directories.current.binary(image, new Uint8Array(5));
    finish();
    await move;
    expect(await relieved).toBe('relieved');
    expect((await begun).file.path).toContain(join(root, 'a'));
    expect((await later).file.path).toContain(join(root, 'b'));
    expect(directories.current.streams('esp', metadata.boot).get(1)!.durable).toBeGreaterThan(0);
  });

  test('there and back again', async () => {
    await open('a');
    await capture(0);
    await directories.moveTo(join(root, 'b'), () => undefined);
    await capture(1);
    await directories.moveTo(join(root, 'a'), () => undefined);
    expect(await capture(1)).toBe('duplicate');
    expect(await capture(2)).toBe('taken');
    expect([...directories.waiting('cloud')]).toHaveLength(3);
    expect(await remembered()).toEqual([join(root, 'b'), join(root, 'a')]);
  });

  test('to where nothing can be kept is refused, and the directory of now goes on', async () => {
    await open('a');
    await capture(0);
    await fs.writeFile(join(root, 'file'), '');
    await expect(directories.moveTo(join(root, 'file'), () => undefined)).rejects.toThrow();
    expect(directories.path).toBe(join(root, 'a'));
    expect(await capture(1)).toBe('taken');
  });
});

test('a file of an additional path that waits in a former directory is adopted once', async () => {
  await open('a');
  const path = join(root, 'flight.log');
  await fs.writeFile(path, 'of the owner');
  await directories.adopt(path, { ...image, fileName: 'flight.log' });
  await directories.close();
  await open('b');
  expect(directories.isAdopted(path)).toBe(true);
  expect(directories.adopted).toBe(1);
});

test('what is known of the parts goes to the next directory', async () => {
  await open('a');
  await directories.current.keep(['a part']);
  await capture(0);
  await directories.close();
  await open('b');
  expect(directories.current.kept).toEqual(['a part']);
  await directories.moveTo(join(root, 'c'), () => undefined);
  expect(directories.current.kept).toEqual(['a part']);
});

test('a record that cannot be read stops nothing', async () => {
  await fs.mkdir(join(root, 'home'));
  await fs.writeFile(join(root, 'home/capture-directories.json'), '{"version":7}');
  await open('a');
  expect(await capture(0)).toBe('taken');
});
