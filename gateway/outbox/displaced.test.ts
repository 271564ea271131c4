/** A stream whose directory can never be written is named, kept elsewhere, and holds nobody up. */
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { NodeStorage, type StorageFile } from '../../common/storage';
import { type CaptureFileMetadata, readCaptureFile } from '../../modules/block/file';
import { Outbox, type OutboxOptions } from './outbox';

function metadata(stream: number, resource: string): CaptureFileMetadata {
  return {
    part: 'esp',
    boot: { counter: 1, random: 2 },
    stream,
    owner: 'part',
    resource,
    method: 'Analogs',
    parameters: {},
    kind: 'integer',
    period: { numerator: 10, denominator: 1 },
    tags: [],
  };
}

test('a stream whose directory can never be written holds neither checkpoints nor other streams up', async () => {
  const root = await fs.mkdtemp(join(tmpdir(), 'sluice-displaced-'));
  // Somebody keeps a file where a directory would have to be.
  await fs.mkdir(join(root, 'rdk_component_board'));
  await fs.writeFile(join(root, 'rdk_component_board/esp:b'), 'notes');
  const problems = new Set<string>();
  const options = { path: root, journalBytes: 1 << 16, onProblem: (path: string) => void problems.add(path) };
  let outbox = await Outbox.open(options);
  const streams = [metadata(1, 'rdk:component:board/b'), metadata(2, 'rdk:component:board/other')];
  for (let sequence = 0; sequence < 400; sequence++) {
    for (const of of streams) {
      const state = outbox.declare(of);
      const bytes = new Uint8Array(400).fill(of.stream);
      const block = { sequence, readings: 1, start: sequence * 10, end: sequence * 10 + 9, bytes };
      while (outbox.append(state, block, 1_000) === 'full')
        await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }
  await outbox.complete();
  await outbox.checkpoint();
  expect(outbox.logBytes).toBeLessThan(1 << 16);
  expect([...problems]).toEqual([join(root, 'rdk_component_board/esp:b/Analogs')]);
  await outbox.close();
  outbox = await Outbox.open(options);
  const blocks = [0, 0, 0];
  for (const item of outbox.waiting()) {
    const contents = readCaptureFile((await outbox.read(item))!);
    blocks[contents.metadata.stream]! += contents.blocks.length;
  }
  expect(blocks).toEqual([0, 400, 400]);
  expect(await fs.readFile(join(root, 'rdk_component_board/esp:b'), 'utf8')).toBe('notes');
  await outbox.close();
  await fs.rm(root, { recursive: true });
});

/** An outbox with one file in memory, where somebody keeps a file in the place of its directory. */
async function heldWhereNoneCanBe(options: Partial<OutboxOptions> = {}) {
  const root = await fs.mkdtemp(join(tmpdir(), 'sluice-displaced-'));
  await fs.mkdir(join(root, 'rdk_component_board'));
  await fs.writeFile(join(root, 'rdk_component_board/esp:b'), 'notes');
  const outbox = await Outbox.open({ path: root, ...options });
  const state = outbox.declare(metadata(1, 'rdk:component:board/b'));
  const durable = new Promise<void>((resolve) => outbox.events.on('durable', () => resolve()));
  outbox.append(state, { sequence: 0, readings: 1, start: 0, end: 9, bytes: new Uint8Array(400) }, 1_000);
  await durable;
  await outbox.complete();
  const [item] = [...outbox.waiting()];
  return { root, outbox, item: item! };
}

test('a file in memory whose directory can never be made is kept elsewhere by a checkpoint', async () => {
  const { root, outbox: before, item } = await heldWhereNoneCanBe();
  // The first finds out.
  for (const _ of [1, 2]) await before.checkpoint();
  expect([...before.waiting()]).toEqual([item]);
  expect(item.key).toMatch(/^displaced\//);
  expect((await fs.stat(join(root, item.key))).size).toBe(item.bytes);
  await before.close();
  const outbox = await Outbox.open({ path: root });
  const [found] = [...outbox.waiting()];
  expect(found!.key).toBe(item.key);
  expect(readCaptureFile((await outbox.read(found!))!).blocks).toHaveLength(1);
  await outbox.delivered(found!, 'cloud');
  expect(outbox.account()[0]).toMatchObject({ delivered: { blocks: 1 }, stored: { blocks: 0 } });
  await outbox.close();
  await fs.rm(root, { recursive: true });
});

test('it is kept there too for the other destination when one of two has it, and is not when all have', async () => {
  const destinations = ['cloud', 'broker'];
  for (const left of [1, 0]) {
    const { root, outbox: before, item } = await heldWhereNoneCanBe({ destinations });
    await before.delivered(item, 'cloud');
    expect(item.key).toMatch(/^displaced\//);
    if (left === 0) await before.delivered(item, 'broker');
    await before.close();
    const outbox = await Outbox.open({ path: root, destinations });
    expect([...outbox.waiting('cloud')]).toEqual([]);
    expect([...outbox.waiting('broker')]).toHaveLength(left);
    expect(outbox.account('cloud')[0]).toMatchObject({ delivered: { blocks: 1 }, stored: { blocks: 0 } });
    expect(outbox.account('broker')[0]).toMatchObject({ stored: { blocks: left } });
    await outbox.close();
    await fs.rm(root, { recursive: true });
  }
});

test('it is delivered from memory on a disk without room for the entry', async () => {
  class FullStorage extends NodeStorage {
    isFull = false;
    override open = async (path: string) => this.#filling(await super.open(path));
    override create = async (path: string, mode?: number) => this.#filling(await super.create(path, mode));

    #filling(file: StorageFile): StorageFile {
      const append = file.append.bind(file);
      file.append = async (chunks) => {
        if (this.isFull) throw Object.assign(new Error('no space left'), { code: 'ENOSPC' });
        return append(chunks);
      };
      return file;
    }
  }
  const storage = new FullStorage();
  const { root, outbox, item } = await heldWhereNoneCanBe({ storage });
  storage.isFull = true;
  await outbox.delivered(item, 'cloud');
  expect([...outbox.waiting()]).toEqual([]);
  storage.isFull = false;
  expect(outbox.account()[0]).toMatchObject({ delivered: { blocks: 1 }, stored: { blocks: 0 } });
  await outbox.close();
  expect(await fs.readFile(join(root, 'rdk_component_board/esp:b'), 'utf8')).toBe('notes');
  await fs.rm(root, { recursive: true });
});
