/** The copy in MongoDB, against a real server of its wire protocol. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { systemClock } from '@sluice/common/clock';
import { MongoClient } from 'mongodb';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CaptureFileMetadata } from '../../modules/block/file';
import { IntegerEncoder } from '../../modules/block/integer-encoder';
import { freePorts } from '../../test/running';
import { type Ferretdb, ferretdbBinary, startFerretdb } from '../../test/servers/ferretdb';
import type { DataManager } from './data-manager';
import { MongoCopy, type MongoSettings } from './mongo-copy';
import { openTestManager } from './test-manager';

const metadata: CaptureFileMetadata = {
  part: 'esp-home',
  boot: { counter: 3, random: 9 },
  stream: 2,
  owner: 'main',
  resource: 'rdk:component:board/my-esp32',
  method: 'Analogs',
  parameters: { reader_name: 'A1' },
  kind: 'integer',
  period: { numerator: 10, denominator: 1 },
  range: { min: 0, max: 3300, step: 0.8, unit: 'mV' },
  tags: [],
};

/** Of readings 0, 1, 2 … from 1,000 ms on, every 10 ms. */
function block(count: number): Uint8Array {
  const blocks: Uint8Array[] = [];
  const encoder = new IntegerEncoder({
    boot: metadata.boot,
    stream: metadata.stream,
    period: metadata.period,
    target: 512,
    sink: { block: (bytes, length) => void blocks.push(bytes.slice(0, length)) },
  });
  encoder.start(1_000);
  for (let i = 0; i < count; i++) encoder.staged[encoder.count++] = i;
  encoder.seal();
  return blocks[0]!;
}

/** Wall milliseconds at monotonic 0. */
const offset = 1_700_000_000_000;
const of = (bytes: Uint8Array) => ({ metadata, mapping: { known: true, offset }, bytes });

function copyTo(uri: string, lines: object[] = []) {
  const log = pino({ level: 'warn' }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  return new MongoCopy({
    settings: { uri, database: 'sensorData', collection: 'readings' },
    remote: () => 'lab',
    clock: systemClock,
    log,
  });
}

/** Three readings each of what the main configured on a remote, of its own, and of what is the remote's own. */
async function captureWith(
  mongo: MongoSettings,
  root: string,
  log = pino({ level: 'silent' }),
): Promise<DataManager> {
  const settings = {
    sync: { disabled: true, interval: 1_000, threads: 1 },
    disk: { captureDisabled: false },
    additionalPaths: { paths: [], untouchedFor: 0, tags: [] },
    mongo,
  };
  const remote = (part: string) => (part === metadata.part ? 'lab' : undefined);
  const manager = await openTestManager(root, settings, async () => ({ result: 'delivered' }), {
    remote,
    log,
  });
  const owners = [
    { part: metadata.part, owner: 'main' },
    { part: 'main', owner: 'part' },
    { part: metadata.part, owner: 'part' },
  ] as const;
  for (const [stream, owner] of owners.entries()) {
    const state = manager.outbox.declare({ ...metadata, ...owner, stream });
    const of = { sequence: 0, readings: 3, start: 1_000, end: 1_020, bytes: block(3) };
    expect(manager.outbox.append(state, of, offset)).toBe('taken');
    await expect.poll(() => state.durable, { timeout: 20_000 }).toBe(1);
  }
  return manager;
}

const program = await ferretdbBinary();
if (program === undefined && process.env.CI) throw new Error('CI needs Go to build FerretDB');
if (program === undefined) console.log('SKIPPED: no FerretDB, since there is no Go to build it');

describe.skipIf(program === undefined)('a real server', () => {
  let directory: string;
  let server: Ferretdb;
  let port: number;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sluice-mongo-'));
    port = await freePorts();
    server = await startFerretdb(program!, directory, port);
  });
  afterAll(async () => {
    await server.kill();
    await rm(directory, { recursive: true });
  });

  test('gets each reading as viam-server writes it', async () => {
    const copy = copyTo(server.uri);
    copy.add(of(block(3)), 3);
    await copy.idle();
    expect(copy.counters).toEqual({ written: 3, failed: 0, dropped: 0 });
    await copy.close();
    const client = new MongoClient(server.uri);
    const found = await client
      .db('sensorData')
      .collection('readings')
      .find({}, { projection: { _id: 0 } })
      .sort({ time_requested: 1 })
      .toArray();
    await client.close();
    expect(found).toHaveLength(3);
    expect(found[1]).toEqual({
      time_requested: new Date(1_700_000_001_010),
      time_received: new Date(1_700_000_001_010),
      component_name: 'lab:my-esp32',
      component_type: 'rdk:component:board',
      method_name: 'Analogs',
      data: { value: 1, min_range: 0, max_range: 3.3, step_size: 0.0008 },
    });
  });

  test('gets what the main has and what it configured on its remotes, and nothing of a part’s own', async () => {
    const of = { uri: server.uri, database: 'managed', collection: 'readings' };
    const manager = await captureWith(of, join(directory, 'managed'));
    await expect.poll(() => manager.mongo?.written, { timeout: 20_000 }).toBe(6);
    await manager.close();
    const client = new MongoClient(server.uri);
    const found = await client.db('managed').collection('readings').find().toArray();
    await client.close();
    const names = found.map(({ component_name }) => component_name).sort();
    expect(names).toEqual([...Array(3).fill('lab:my-esp32'), ...Array(3).fill('my-esp32')]);
  }, 60_000);

  test('that dies loses what it did not take, counted and said in summary, and gets what comes later', async () => {
    const lines: { failed?: number }[] = [];
    const copy = copyTo(server.uri, lines);
    await server.kill();
    // It was never there: a start of the machine at which the gateway is first.
    copy.add(of(block(5)), 5);
    copy.add(of(block(5)), 5);
    await copy.idle();
    expect(copy.counters).toMatchObject({ written: 0, failed: 10 });
    expect(lines).toHaveLength(1);
    server = await startFerretdb(program!, directory, port);
    // The driver finds it again in its own time.
    const end = Date.now() + 20_000;
    while (copy.counters.written === 0 && Date.now() < end) {
      copy.add(of(block(5)), 5);
      await copy.idle();
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(copy.counters).toMatchObject({ written: 5, dropped: 0 });
    await copy.close();
  }, 60_000);
});

test('a server that is away costs nothing of what is captured and synced; what it missed is counted, and told', async () => {
  const root = await mkdtemp(join(tmpdir(), 'sluice-mongo-'));
  const lines: { in?: string; failed?: number; reason?: string }[] = [];
  const log = pino({ level: 'error' }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const uri = 'mongodb://127.0.0.1:1/?directConnection=true&serverSelectionTimeoutMS=100';
  const manager = await captureWith({ uri, database: 'sensorData', collection: 'readings' }, root, log);
  await manager.syncNow();
  expect(manager.account().cloud).toMatchObject({ received: 9, delivered: 9 });
  await expect.poll(() => manager.mongo, { timeout: 20_000 }).toEqual({ written: 0, failed: 6, dropped: 0 });
  expect(lines).toMatchObject([{ in: 'MongoDB', failed: 3, reason: /127\.0\.0\.1:1/ }]);
  await manager.close();
  await rm(root, { recursive: true });
}, 60_000);

test('a server that does not answer holds nobody up, and what waits is bounded', async () => {
  const copy = copyTo('mongodb://127.0.0.1:1/?directConnection=true&serverSelectionTimeoutMS=60000');
  const bytes = new Uint8Array(block(200));
  const began = performance.now();
  for (let i = 0; i < 50_000; i++) copy.add(of(bytes), 200);
  expect(performance.now() - began).toBeLessThan(5_000);
  expect(copy.counters.dropped).toBeGreaterThan(50_000 * 200 * 0.9);
  await copy.close();
}, 30_000);

test('an address that is none is told of at once, and nothing is copied', async () => {
  const copy = copyTo('http://127.0.0.1');
  await expect(copy.ready()).rejects.toThrow(/mongodb:\/\//);
  copy.add(of(block(3)), 3);
  await copy.idle();
  expect(copy.counters).toEqual({ written: 0, failed: 3, dropped: 0 });
  await copy.close();
});
