import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NodeStorage } from '@sluice/common/storage';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { BooleanEncoder } from '../../modules/block/boolean-encoder';
import { type CaptureFileMetadata, encodeHead, encodeRecord } from '../../modules/block/file';
import { IntegerEncoder } from '../../modules/block/integer-encoder';
import { Cloud } from '../cloud';

const boot = { counter: 3, random: 0x9f00c3a1 };
const metadata: CaptureFileMetadata = {
  part: 'esp-home',
  boot,
  stream: 1,
  owner: 'part',
  resource: 'rdk:component:board/my-esp32',
  method: 'Analogs',
  parameters: { reader_name: 'A1' },
  kind: 'integer',
  period: { numerator: 10, denominator: 1 },
  range: { min: 0, max: 2450, step: 2450 / 4095, unit: 'mV' },
  tags: ['tag1', 'tag2'],
};
const offset = 1_700_000_000_000;
const mapping = { known: true, offset };

/** Blocks of 0, 1, 2 … at 100 Hz from the boot's second 1 on, 400 readings each. */
function encoded(readings: number): Uint8Array[] {
  const blocks: Uint8Array[] = [];
  const sink = { block: (bytes: Uint8Array, length: number) => blocks.push(bytes.slice(0, length)) };
  const encoder = new IntegerEncoder({ boot, stream: 1, period: metadata.period, target: 200, sink });
  encoder.start(1000);
  for (let index = 0; index < readings; index++) {
    encoder.staged[encoder.count++] = index;
    if (encoder.count === encoder.capacity) encoder.flush();
    if (index % 400 === 399) encoder.seal();
  }
  encoder.seal();
  return blocks;
}

function captureFile(blocks: Uint8Array[], head: Partial<CaptureFileMetadata> = {}, known = true): Buffer {
  const records = blocks.map((bytes, sequence) =>
    encodeRecord({ sequence, readings: 0, mapping: known ? mapping : { known, offset: 0 }, bytes }),
  );
  return Buffer.concat([encodeHead({ ...metadata, ...head }), ...records]);
}

let directory: string;
let cloud: Cloud;
const address = (path: string) => `http://127.0.0.1:${cloud.httpPort}${path}`;
const send = async (file: Buffer, query = '') => {
  const response = await fetch(address(`/blocks/project/main-part${query}`), {
    method: 'POST',
    body: new Uint8Array(file),
  });
  return { status: response.status, answer: (await response.json()) as Record<string, unknown> };
};
const rows = async (part = 'esp-home', stream = 'my-esp32_A1') =>
  (await (await fetch(address(`/query?part=${part}&stream=${encodeURIComponent(stream)}`))).json()) as {
    time: number;
    value: number;
    tags: object;
  }[];

async function start(storage = new NodeStorage()): Promise<void> {
  const log = pino({ level: 'silent' });
  cloud = await Cloud.start({
    directory,
    httpPort: 0,
    mqttPort: 0,
    log,
    storage,
    rawAsJson: ['project'],
  });
}

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-blocks-'));
  await start();
});

afterEach(async () => {
  await cloud.close();
  await rm(directory, { recursive: true });
});

describe('a capture file', () => {
  test('ends as rows with their wall times, and as named messages in the raw file', async () => {
    const blocks = encoded(1500);
    expect(blocks.length).toBeGreaterThan(1);
    const { answer } = await send(captureFile(blocks));
    expect(answer).toEqual({ blocks: blocks.length, duplicates: 0, readings: 1500, refused: [] });
    const stored = await rows();
    expect(stored.map(({ value }) => value)).toEqual(
      Array.from({ length: 1500 }, (_, index) => index * metadata.range!.step),
    );
    expect(stored.map(({ time }) => time)).toEqual(
      Array.from({ length: 1500 }, (_, index) => offset + 1000 + 10 * index),
    );
    await cloud.caughtUp(10_000);
    const day = new Date().toISOString().slice(0, 10);
    const raw = await readFile(join(directory, 'data', 'project', `esp-home-${day}.json`), 'utf8');
    const lines = raw.split('\n').slice(0, -1);
    expect(lines).toHaveLength(1500);
    expect(JSON.parse(lines[7]!)).toEqual({
      app_id: 'project',
      dev_id: 'esp-home',
      time: offset + 1070,
      payload_fields: { 'my-esp32_A1': 7 * metadata.range!.step },
      unit: 'mV',
      tag_fields: {
        method: 'Analogs',
        owner: 'part',
        resource: 'rdk:component:board/my-esp32',
        tags: 'tag1,tag2',
      },
      sluice: { block: 'esp-home/3-9f00c3a1/1/0', index: 7 },
    });
  });

  test('that comes again stores nothing twice, whole or overlapping', async () => {
    const blocks = encoded(1500);
    await send(captureFile(blocks.slice(0, 2)));
    const { answer } = await send(captureFile(blocks));
    expect(answer).toMatchObject({ blocks: blocks.length - 2, duplicates: 2 });
    expect(await rows()).toHaveLength(1500);
  });

  test('of what the main configured goes under the part and the main’s name for the resource', async () => {
    await send(captureFile(encoded(3), { owner: 'main' }));
    const stored = await rows('esp-home', 'esp-home:my-esp32_A1');
    expect(stored.map(({ tags }) => tags)).toMatchObject([{ owner: 'main' }, {}, {}]);
  });

  test('of what the main configured names the resource by what the main calls the part', async () => {
    await send(captureFile(encoded(3), { owner: 'main' }), '?remote=lab+bench');
    expect(await rows('esp-home', 'lab bench:my-esp32_A1')).toHaveLength(3);
    expect(await send(captureFile(encoded(3), { owner: 'main' }), '?remote=')).toMatchObject({
      status: 422,
    });
  });

  test('of a boot that never knew the time is stored and marked', async () => {
    await send(captureFile(encoded(3), {}, false));
    const stored = await rows();
    expect(stored.map(({ tags }) => tags)).toMatchObject([{ time: 'unknown' }, {}, {}]);
    const [first] = stored;
    expect(stored.map(({ time }) => time - first!.time)).toEqual([0, 10, 20]);
  });
});

describe('what is wrong with a capture file', () => {
  test.each([
    ['not ours', Buffer.from('something else'), 'not-a-capture-file'],
    ['without a stream', captureFile([], { stream: undefined }), 'metadata.stream'],
    ['of a part that cannot name a file', captureFile([], { part: 'a/b' }), 'metadata.part'],
  ])('is named: %s', async (_, file, reason) => {
    const { status, answer } = await send(file);
    expect(status).toBe(422);
    expect(answer.error).toContain(reason);
    expect(cloud.counters.refusedFiles).toBe(1);
  });

  test('costs only the block it is in', async () => {
    const blocks = encoded(1500);
    blocks[1]![20]! ^= 1;
    const { answer } = await send(captureFile(blocks));
    expect(answer).toMatchObject({
      blocks: blocks.length - 1,
      refused: [{ block: 'esp-home/3-9f00c3a1/1/1', reason: expect.stringContaining('check') }],
    });
  });

  test.each([Number.NaN, 1e300, 8.64e15])(
    'costs only blocks whose times are no dates: %d',
    async (offset) => {
      const record = encodeRecord({
        sequence: 0,
        readings: 3,
        mapping: { known: true, offset },
        bytes: encoded(3)[0]!,
      });
      const { status, answer } = await send(Buffer.concat([encodeHead(metadata), record]));
      expect(status).toBe(200);
      expect(answer).toMatchObject({ blocks: 0, refused: [{ reason: expect.stringContaining('no date') }] });
    },
  );

  test('costs only what lies behind a torn place', async () => {
    const { answer } = await send(captureFile(encoded(1500)).subarray(0, -3));
    expect(answer).toMatchObject({ refused: [{ reason: 'truncated' }] });
    expect((await rows()).length).toBeGreaterThan(1000);
  });
});

describe('a file of a quiet pin', () => {
  const head = { method: 'Gpios', parameters: { pin_name: '27' }, kind: 'boolean' } as const;

  /** @param half readings for which the pin stays */
  function quiet(readings: number, half: number): Uint8Array[] {
    const blocks: Uint8Array[] = [];
    const sink = { block: (bytes: Uint8Array, length: number) => blocks.push(bytes.slice(0, length)) };
    const encoder = new BooleanEncoder({ boot, stream: 1, period: metadata.period, target: 512, sink });
    encoder.start(0);
    for (let index = 0; index < readings; index++) {
      encoder.staged[encoder.count++] = index % (2 * half) < half ? 1 : 0;
      if (encoder.count === encoder.capacity) encoder.flush();
    }
    encoder.seal();
    return blocks;
  }

  test('which opens to more readings than are held at once, is stored whole', async () => {
    const readings = 120_000;
    const file = captureFile(quiet(readings, 2500), head);
    expect(file.length).toBeLessThan(20_000);
    expect((await send(file)).answer).toMatchObject({ readings, refused: [] });
  }, 60_000);

  test('is taken as far as there is room on the disk for what it opens to, and on from there', async () => {
    await cloud.close();
    const room = 30_000_000;
    class SmallStorage extends NodeStorage {
      override async freeSpace() {
        return (256 << 20) + room;
      }
    }
    await start(new SmallStorage());
    const readings = 300_000;
    const file = captureFile(quiet(readings, readings), head);
    expect(file.length).toBeLessThan(2_000);
    const day = new Date().toISOString().slice(0, 10);
    const path = join(directory, 'data', 'project', `esp-home-${day}.json`);
    let stored = 0;
    for (let times = 1; ; times++) {
      const { status } = await send(file);
      expect(await cloud.caughtUp(20_000)).toBe(true);
      const { size } = await stat(path);
      expect(size - stored).toBeLessThan(room);
      stored = size;
      if (status === 200) {
        expect(times).toBeGreaterThan(2);
        break;
      }
      expect(status).toBe(507);
    }
    expect((await readFile(path)).toString('latin1').split('\n')).toHaveLength(readings + 1);
    expect((await send(file)).answer).toMatchObject({ blocks: 0, readings: 0, refused: [] });
  }, 120_000);

  test('costs the block that opens to more than is opened at once', async () => {
    const tags = Array.from({ length: 20 }, (_, index) => `${index}`.padEnd(250, '-'));
    const { answer } = await send(captureFile(quiet(40_000, 40_000), { ...head, tags }));
    expect(answer).toMatchObject({
      blocks: 1,
      readings: 40_000 - 32_767,
      refused: [{ block: 'esp-home/3-9f00c3a1/1/0', reason: expect.stringContaining('134217728 bytes') }],
    });
  }, 60_000);
});
