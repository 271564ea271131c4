/** Capture directories of earlier releases, killed in the middle, are taken over as they are. */
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readCaptureFile } from '../../modules/block/file';
import { Outbox } from './outbox';

/**
 * Each was made by that release: of stream 1, blocks 0–2 were delivered, 3 and 4 lie in a file, 5–7 in the journal or
 * log alone; of stream 2, blocks 0 and 1 were set aside. In version 4 the file of 3 and 4 could not be read; it has 5
 * too, which was filed again.
 */
const boot = { counter: 3, random: 77 };

test.each([1, 2, 4])('version %i: watermarks, account, items and what others keep', async (version) => {
  const root = await fs.mkdtemp(join(tmpdir(), 'sluice-kept-'));
  await fs.cp(join(import.meta.dirname, `kept/version-${version}`), root, { recursive: true });
  // What git does not take by its own name.
  await fs.rename(join(root, 'home'), join(root, '.sluice'));
  const outbox = await Outbox.open({ path: root });
  expect(outbox.kept).toEqual({ parts: ['esp'] });
  const streams = outbox.streams('esp', boot);
  expect([streams.get(1)?.durable, streams.get(2)?.durable]).toEqual([8, 2]);
  const [analogs, gpios] = outbox.account();
  expect(analogs).toMatchObject({
    method: 'Analogs',
    received: { blocks: 8, readings: 80 },
    delivered: { blocks: 3, readings: 30 },
    stored: { blocks: 5, readings: 50 },
  });
  expect(gpios).toMatchObject({
    received: { blocks: 2 },
    setAside: { blocks: 2 },
    stored: { blocks: 0 },
  });
  await outbox.complete();
  const files = await Promise.all([...outbox.waiting()].map((item) => outbox.read(item)));
  const blocks = files.flatMap((bytes) => readCaptureFile(bytes!).blocks);
  expect(blocks.map(({ sequence, bytes }) => [sequence, bytes[0]])).toEqual(
    [3, 4, 5, 6, 7].map((sequence) => [sequence, sequence]),
  );
  expect([...outbox.failed()].map(({ metadata }) => metadata.method)).toEqual(['Gpios']);
  await outbox.close();
  const state = JSON.parse(await fs.readFile(join(root, '.sluice/state.json'), 'utf8'));
  expect(state.version).toBe(3);
  await fs.rm(root, { recursive: true });
});
