/** A disk that others fill up to the last byte, for real: a small file system in memory. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import process from 'node:process';
import { SmallDisk } from '@sluice/common/storage/strict';
import { connectAsync } from 'mqtt';
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';

const mebibyte = 1 << 20;
const disk = SmallDisk.mount(96 * mebibyte);
afterAll(() => disk?.unmount());

let cloud: ChildProcess;
let httpPort = 0;
let mqttPort = 0;

/** As a process of its own, which leaves 8 MiB to its stages. */
async function start(): Promise<void> {
  const args = [
    join(import.meta.dirname, 'test-cloud.ts'),
    join(disk!.path, 'cloud'),
    '0',
    '',
    '0',
    '8388608',
  ];
  cloud = spawn(process.execPath, ['--import', 'tsx', ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [ports] = (await Promise.race([
    once(cloud.stdout!, 'data'),
    once(cloud, 'exit').then(([code]) => Promise.reject(new Error(`the cloud ended with ${code}`))),
  ])) as [Buffer];
  [httpPort, mqttPort] = ports.toString().split(' ').map(Number) as [number, number];
}

async function kill(): Promise<void> {
  const gone = once(cloud, 'exit');
  cloud.kill('SIGKILL');
  await gone;
}

const ask = (path: string, init?: RequestInit) => fetch(`http://127.0.0.1:${httpPort}${path}`, init);
const messageOf = (value: number, device: string) =>
  JSON.stringify({ app_id: 'app', dev_id: device, time: 1.7e12 + value, payload_fields: { value } });
const post = async (value: number, device = 'part') =>
  (await ask(`/pipeline/app/${device}`, { method: 'POST', body: messageOf(value, device) })).status;

/** Resolves to whether it was acknowledged. */
async function publish(value: number): Promise<boolean> {
  const client = await connectAsync(`mqtt://127.0.0.1:${mqttPort}`, { reconnectPeriod: 0 });
  const closed = new Promise<boolean>((resolve) => client.once('close', () => resolve(false)));
  const sent = client.publishAsync('pipeline/app/part', messageOf(value, 'part'), { qos: 1 }).then(
    () => true,
    () => false,
  );
  const acknowledged = await Promise.race([sent, closed]);
  await client.endAsync(true);
  return acknowledged;
}

async function valuesOf(device: string): Promise<number[]> {
  const answer = await ask(`/query?app_id=app&part=${device}`);
  if (answer.status === 404) return [];
  expect([answer.status, answer.status === 200 ? '' : await answer.text()]).toEqual([200, '']);
  return ((await answer.json()) as { value: number }[]).map(({ value }) => value);
}

const streams = async () =>
  ((await (await ask('/streams')).json()) as { part: string }[]).map(({ part }) => part);

async function fill(): Promise<void> {
  // What the cloud gives up meanwhile is taken from it too.
  for (let time = 0; time < 3; time++) {
    disk!.fill();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  expect(disk!.free).toBe(0);
}

afterEach(async () => {
  disk?.empty();
  if (cloud.exitCode === null && cloud.signalCode === null) await kill();
});

describe.skipIf(disk === undefined)('on a disk without one free byte (skipped where none is mounted)', () => {
  test('a cloud that was killed starts, refuses, answers, removes; with room it takes again, and has all', async () => {
    await start();
    const acknowledged: number[] = [];
    for (let value = 0; value < 200; value++) if ((await post(value)) === 200) acknowledged.push(value);
    for (let value = 0; value < 20; value++) expect(await post(value, 'other')).toBe(200);
    await vi.waitFor(async () => expect(await valuesOf('part')).toHaveLength(200), 10_000);
    await fill();
    // Until it has seen that the disk is full, what there is room for in the inbox's own blocks is taken.
    for (let value = 200; value < 2_000; value++) {
      const status = await post(value);
      if (status === 200) acknowledged.push(value);
      if (status === 507) break;
    }
    expect(await post(2_000)).toBe(507);
    await kill();
    await fill();

    await start();
    await vi.waitFor(async () => expect((await ask('/healthz')).status).toBe(503), 10_000);
    expect(await (await ask('/healthz')).json()).toMatchObject({
      problems: expect.arrayContaining(['the disk is full: nothing is taken']),
    });
    expect(await post(2_001)).toBe(507);
    expect(await publish(2_002)).toBe(false);
    expect((await valuesOf('part')).slice(0, 200)).toEqual(acknowledged.slice(0, 200));
    expect(await valuesOf('other')).toHaveLength(20);
    // What a question had is taken as well: what makes room has room of its own.
    await fill();
    const refused = await ask('/query?app_id=app&part=other');
    expect([refused.status, await refused.json()]).toEqual([
      507,
      { error: 'the disk is full: ask for less, or when there is room' },
    ]);
    const removed = await ask('/parts/app/other', { method: 'DELETE' });
    expect([removed.status, removed.status === 200 ? '' : await removed.text()]).toEqual([200, '']);
    expect(await streams()).toEqual(['part']);

    disk!.empty();
    await vi.waitFor(async () => expect(await post(2_003)).toBe(200), 10_000);
    expect(await publish(2_004)).toBe(true);
    acknowledged.push(2_003, 2_004);
    await vi.waitFor(async () => expect(await valuesOf('part')).toEqual(acknowledged), { timeout: 40_000 });
    expect((await ask('/healthz')).status).toBe(200);
  }, 180_000);

  test('a device with more than the room kept for it is removed, files first', async () => {
    await start();
    const rows = 120_000;
    for (const device of ['part', 'other'])
      for (let from = 0; from < rows; from += 2_000) {
        const lines = Array.from({ length: 2_000 }, (_, index) => messageOf(from + index, device));
        const headers = { 'content-type': 'application/x-ndjson' };
        const answer = await ask('/pipeline', { method: 'POST', headers, body: lines.join('\n') });
        expect([answer.status, await answer.json()]).toEqual([
          200,
          expect.objectContaining({ stored: 2_000 }),
        ]);
      }
    const last = async (device: string) =>
      ((await (await ask(`/query?app_id=app&part=${device}&last=1`)).json()) as { value: number }[])[0]
        ?.value;
    await vi.waitFor(async () => expect(await last('other')).toBe(rows - 1), 60_000);
    await kill();
    await fill();
    await start();
    await fill();
    const removed = await ask('/parts/app/other', { method: 'DELETE' });
    expect([removed.status, removed.status === 200 ? '' : await removed.text()]).toEqual([200, '']);
    expect(await streams()).toEqual(['part']);
    disk!.empty();
    expect(await last('part')).toBe(rows - 1);
  }, 180_000);
});
