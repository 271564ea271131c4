/** A stream whose directory can never be written is named, kept elsewhere, and holds nobody up. */
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type CaptureFileMetadata, readCaptureFile } from '../../modules/block/file';
import { Outbox } from './outbox';

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

test('a file in memory whose directory becomes one that can never be written is kept elsewhere', async () => {
  const root = await fs.mkdtemp(join(tmpdir(), 'sluice-displaced-'));
  let outbox = await Outbox.open({ path: root });
  const state = outbox.declare(metadata(1, 'rdk:component:board/b'));
  const durable = new Promise<void>((resolve) => outbox.events.on('durable', () => resolve()));
  outbox.append(state, { sequence: 0, readings: 1, start: 0, end: 9, bytes: new Uint8Array(400) }, 1_000);
  await durable;
  await outbox.complete();
  const [item] = [...outbox.waiting()];
  const directory = join(root, 'rdk_component_board/esp:b');
  await fs.rm(directory, { recursive: true });
  await fs.writeFile(directory, 'notes');
  // The first finds out.
  for (const _ of [1, 2]) await outbox.checkpoint();
  expect([...outbox.waiting()]).toEqual([item]);
  expect(item!.key).toMatch(/^displaced\//);
  expect((await fs.stat(join(root, item!.key))).size).toBe(item!.bytes);
  await outbox.close();
  outbox = await Outbox.open({ path: root });
  const [found] = [...outbox.waiting()];
  expect(found!.key).toBe(item!.key);
  expect(readCaptureFile((await outbox.read(found!))!).blocks).toHaveLength(1);
  await outbox.delivered(found!, 'cloud');
  expect(outbox.account()[0]).toMatchObject({ delivered: { blocks: 1 }, stored: { blocks: 0 } });
  await outbox.close();
  await fs.rm(root, { recursive: true });
});
