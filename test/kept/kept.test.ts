/** Today's code reads what every release wrote, and refuses by a sentence what a newer one has written. */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LogInbox } from '../../cloud/inbox/inbox';
import { Intake } from '../../cloud/inbox/intake';
import { crc32 } from '../../common/checksum';
import { NodeStorage } from '../../common/storage';
import { Outbox } from '../../gateway/outbox/outbox';
import { BlockError } from '../../modules/block/block-error';
import { checkOfWords } from '../../modules/block/check';
import { type DecodedBlock, decodeBlock } from '../../modules/block/decoder';
import { readCaptureFile } from '../../modules/block/file';
import { link } from '../../proto/link.js';
import { boot, columns, frames, type Kind, keptDirectory, part, plain, releaseDirectory } from './contents';
import { startKept } from './kept-device';

const releases = readdirSync(keptDirectory).filter((name) => /^\d+\.\d+\.\d+$/.test(name));

let scratch: string;

beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'sluice-kept-'));
});

afterEach(() => rmSync(scratch, { recursive: true }));

const fail = (error: Error) => {
  throw error;
};

function decoded(bytes: Uint8Array): DecodedBlock {
  const block = decodeBlock(bytes);
  if (block instanceof BlockError) throw new Error(block.message);
  return block;
}

const valuesOf = (block: DecodedBlock) => [...block.readings()].map(({ value }) => value);

function openInbox(directory: string) {
  return LogInbox.open({ directory, storage: new NodeStorage(), onProblem: fail });
}

describe.each(releases)('what release %s wrote', (release) => {
  const from = releaseDirectory(release);
  const read = (...path: string[]) => new Uint8Array(readFileSync(join(from, ...path)));
  const copy = (name: string) => {
    const into = join(scratch, name);
    cpSync(join(from, name), into, { recursive: true });
    return into;
  };

  test.each(Object.keys(columns) as Kind[])('is read: a block of the kind %s', (kind) => {
    const block = decoded(read('blocks', kind));
    expect(block).toMatchObject({
      kind,
      boot,
      stream: 3,
      sequence: 0,
      period: { numerator: 10, denominator: 1 },
    });
    expect(valuesOf(block)).toEqual(columns[kind]);
  });

  test.each(Object.keys(frames))('is read: the frame %s', (name) => {
    const today = link.Envelope.encode(frames[name]!).finish();
    expect(plain(read('frames', name))).toEqual(plain(new Uint8Array(today)));
  });

  test('is read: a capture file', () => {
    const { metadata, blocks, torn } = readCaptureFile(read('capture.sluice'));
    const { captureBlocks } = JSON.parse(readFileSync(join(from, 'expected.json'), 'utf8'));
    expect(torn).toBeUndefined();
    expect(metadata).toMatchObject({ part, boot, stream: 1, owner: 'part', tags: ['kept'] });
    expect(blocks).toHaveLength(captureBlocks);
    expect(blocks.flatMap(({ bytes }) => valuesOf(decoded(bytes)))).toEqual(columns.integer);
    expect(blocks[0]!.mapping).toEqual({ known: true, offset: 1_700_000_000_000 });
  });

  test('is read: a capture directory, with its log, its account and its watermarks', async () => {
    const outbox = await Outbox.open({ path: copy('outbox'), onProblem: (_path, error) => fail(error) });
    await outbox.complete();
    const found = new Map<number, unknown[]>();
    for (const item of outbox.waiting()) {
      const { metadata, blocks } = readCaptureFile((await outbox.read(item))!);
      const values = blocks.flatMap(({ bytes }) => valuesOf(decoded(bytes)));
      found.set(metadata.stream, [...(found.get(metadata.stream) ?? []), ...values]);
    }
    expect([...found]).toEqual([
      [0, columns.integer],
      [1, columns.integer],
    ]);
    const streams = [...outbox.streams(part, boot).values()];
    expect(streams.every(({ durable, next }) => durable === next && next > 0)).toBe(true);
    const stored = outbox.account().reduce((sum, { stored: { readings } }) => sum + readings, 0);
    expect(stored).toBe(2 * columns.integer.length);
    await outbox.close();
  });

  test("is read: the cloud's inbox, with its names", async () => {
    const directory = copy('inbox');
    const inbox = await openInbox(directory);
    const { arrivals } = await inbox.reader().read(inbox.first, 1 << 20);
    expect(arrivals).toMatchObject([{ kind: 'blocks', appId: 'project', devId: part, main: 'main' }]);
    const [arrival] = arrivals;
    if (arrival?.kind !== 'blocks') throw new Error('no blocks');
    expect(arrival.blocks.flatMap(({ bytes }) => valuesOf(decoded(bytes)))).toEqual(columns.integer);
    const storage = new NodeStorage();
    const intake = await Intake.open({ inbox, storage, directory, onProblem: fail });
    const again = await intake.blocks(arrival, async () => undefined);
    expect(again.whole).toEqual([]);
    await intake.close();
    await inbox.close();
  });

  test('is read: flash and settings of a device, of which the boot before still comes', async () => {
    const directory = join(scratch, 'device');
    mkdirSync(directory);
    writeFileSync(join(directory, 'flash.bin'), gunzipSync(read('flash.bin.gz')));
    cpSync(join(from, 'preferences.bin'), join(directory, 'preferences.bin'));
    const { clock, gateway, device } = await startKept(directory);
    try {
      await device.run(5_000);
      await gateway.start();
      await device.run(30_000);
      gateway.options.disk.pause = undefined;
      await clock.run(100);
      await gateway.directory.complete();
      const counts = new Map<number, number>();
      for (const item of gateway.directory.waiting()) {
        const { metadata, blocks } = readCaptureFile((await gateway.directory.read(item))!);
        const { counter } = metadata.boot;
        const readings = blocks.reduce((sum, { bytes }) => sum + decoded(bytes).count, 0);
        counts.set(counter, (counts.get(counter) ?? 0) + readings);
      }
      // The counter of boots lies in the settings; a minute of 100 Hz in flash, but for what was in RAM.
      expect([...counts.keys()].sort()).toEqual([1, 2]);
      expect(counts.get(1)).toBeGreaterThan(4_000);
    } finally {
      await device.close();
    }
  }, 120_000);
});

describe('what a newer release has written is refused', () => {
  const from = releaseDirectory(releases.at(-1)!);

  /** A copy of which one file was changed. */
  function changed(name: string, path: string, change: (bytes: Buffer) => Buffer): string {
    const into = join(scratch, name);
    cpSync(join(from, name), into, { recursive: true });
    writeFileSync(join(into, path), change(readFileSync(join(into, path))));
    return into;
  }

  test('as a block', () => {
    const bytes = new Uint8Array(readFileSync(join(from, 'blocks', 'integer')));
    const words = new Int32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
    words[0] = (words[0]! & ~15) | 3;
    words[words.length - 1] = checkOfWords(words, words.length - 1);
    expect(decodeBlock(new Uint8Array(words.buffer))).toMatchObject({
      code: 'version',
      message: expect.stringMatching(/^the version is not known/),
    });
  });

  test('as a capture file', () => {
    const bytes = new Uint8Array(readFileSync(join(from, 'capture.sluice')));
    bytes[7] = '2'.charCodeAt(0);
    expect(() => readCaptureFile(bytes)).toThrow(/^the capture file was written by a newer release/);
  });

  test("as the gateway's snapshot", async () => {
    const path = changed('outbox', '.sluice/state.json', (bytes) =>
      Buffer.from(bytes.toString().replace(/"version":\d+/, '"version":99')),
    );
    await expect(Outbox.open({ path })).rejects.toMatchObject({
      code: 'outbox-newer-version',
      message: expect.stringMatching(/state\.json was written by a newer release \(version 99, /),
    });
  });

  test('as a log', async () => {
    const path = changed('inbox', '0000000002.log', withVersion(48));
    await expect(openInbox(path)).rejects.toMatchObject({
      code: 'log-newer-version',
      message: expect.stringMatching(/was written by a newer release \(log format 99, /),
    });
  });

  test("as the inbox's names", async () => {
    const directory = changed('inbox', 'names.snapshot', withVersion(40));
    const inbox = await openInbox(directory);
    const opening = Intake.open({ inbox, storage: new NodeStorage(), directory, onProblem: fail });
    await expect(opening).rejects.toMatchObject({
      code: 'inbox-newer-version',
      message: expect.stringMatching(/names\.snapshot was written by a newer release/),
    });
    await inbox.close();
  });

  /** Both heads have their version at byte 8, and a check at their end, which a newer release makes as well. */
  function withVersion(head: number) {
    return (bytes: Buffer): Buffer => {
      bytes.writeUInt16LE(99, 8);
      bytes.writeUInt32LE(crc32(bytes.subarray(0, head - 4)), head - 4);
      return bytes;
    };
  }
});
