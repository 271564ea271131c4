import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type CaptureFileMetadata, readCaptureFile, readHead } from '../modules/block/file';
import { cloudUpload } from './cloud-upload';
import { Outbox } from './outbox/outbox';
import { destinationTypes } from './sync/destinations';

const retention = { days: 5, tabularLimitGb: 1 };
const metadata: CaptureFileMetadata = {
  part: 'esp-home',
  boot: { counter: 1, random: 2 },
  stream: 1,
  owner: 'main',
  resource: 'rdk:component:board/b',
  method: 'Analogs',
  parameters: { reader_name: 'A0' },
  kind: 'integer',
  period: { numerator: 10, denominator: 1 },
  tags: [],
  retention,
};
const block = { sequence: 0, readings: 1, start: 0, end: 9, bytes: new Uint8Array(60).fill(7) };

let directory: string;
let outbox: Outbox;
/** Plays the cloud's doors. */
let doors: Server;
let received: { path: string; body: Buffer }[];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-upload-'));
  outbox = await Outbox.open({ path: directory });
  received = [];
  doors = createServer(async (request, response) => {
    const body: Buffer[] = [];
    for await (const piece of request) body.push(piece);
    received.push({ path: request.url!, body: Buffer.concat(body) });
    response.end(JSON.stringify({ readings: 1, refused: [], stored: true }));
  });
  await new Promise<void>((resolve) => doors.listen(0, '127.0.0.1', resolve));
});

afterEach(async () => {
  await outbox.close();
  doors.close();
  await rm(directory, { recursive: true });
});

/** Delivers everything with these settings of the data manager. */
async function deliver(deleteDataOnPartDeletion: boolean): Promise<void> {
  const { port } = doors.address() as AddressInfo;
  const cloud = destinationTypes['block-door'].open('cloud', {
    address: `http://127.0.0.1:${port}`,
    appId: 'project',
    main: 'main',
    read: (item: Parameters<typeof cloudUpload>[1]) =>
      cloudUpload(outbox, item, { main: 'main', deleteDataOnPartDeletion }),
  });
  for (const item of outbox.waiting())
    expect(await cloud.deliver(item, new AbortController().signal)).toEqual({ result: 'delivered' });
}

async function capture(change: Partial<CaptureFileMetadata> = {}): Promise<void> {
  const state = outbox.declare({ ...metadata, ...change });
  outbox.append(state, block, 5_000);
  while (state.durable < 1) await new Promise((resolve) => setTimeout(resolve, 1));
  await outbox.complete();
}

test('blocks go with their retention policy and what deleting the part deletes', async () => {
  await capture();
  await deliver(true);
  const { metadata: told, blocks } = readCaptureFile(received[0]!.body);
  expect(told).toEqual({ ...metadata, deleteDataOnPartDeletion: true });
  expect(blocks.map(({ bytes }) => [...bytes])).toEqual([[...block.bytes]]);
});

test('the setting of now counts, and false is left out', async () => {
  await capture();
  await deliver(true);
  await deliver(false);
  expect(received.map(({ body }) => readHead(body).metadata.deleteDataOnPartDeletion)).toEqual([
    true,
    undefined,
  ]);
});

test("a part's own streams are its own data manager's", async () => {
  await capture({ owner: 'part' });
  await deliver(true);
  expect(readHead(received[0]!.body).metadata).toEqual({ ...metadata, owner: 'part' });
});

test('binaries go with both, too', async () => {
  const image = {
    part: 'main',
    owner: 'part' as const,
    resource: 'rdk:component:camera/cam',
    method: 'GetImages',
  };
  const times = { requested: 1, received: 2 };
  await outbox.binary(
    { ...image, ...times, parameters: {}, extension: '.jpeg', tags: [], retention: { binaryLimitGb: 3 } },
    new Uint8Array(9),
  );
  await deliver(true);
  expect(JSON.parse(received[0]!.body.toString())).toMatchObject({
    deleteDataOnPartDeletion: true,
    metadata: { retention: { binaryLimitGb: 3 } },
  });
});
