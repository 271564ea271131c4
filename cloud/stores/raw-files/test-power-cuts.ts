/** Raw files for tests, on a disk as unkind as POSIX allows, whose process dies again and again. */
import type { Storage } from '@sluice/common/storage';
import { randomNumbers, StrictDisk } from '@sluice/common/storage/strict';
import type { Arrival } from '../../inbox/arrival';
import { blockOf, messageAt, metadataOf } from '../../inbox/test-arrivals';
import { RawFiles } from './raw-files';
import { readBlocks } from './read-day';

export const openRawFiles = (storage: Storage, directory: string) =>
  RawFiles.open({
    storage,
    directory: `${directory}/data`,
    state: `${directory}/state/raw-files.json`,
    timeZone: 'UTC',
    asJson: () => false,
    first: 0,
    onProblem: (problem) => {
      throw problem;
    },
  });

const devices = ['device-0', 'device-1', 'device-2'];
const arrivals: Arrival[] = Array.from({ length: 40 }, (_, position) => {
  if (position % 4 !== 0) return messageAt(position, devices[position % 3]!);
  const [stream, sequence] = [(position / 4) % 2, position >> 3];
  const of = { position, arrived: position, appId: 'app', devId: 'device-b' };
  return {
    kind: 'blocks',
    ...of,
    main: 'main',
    metadata: metadataOf('device-b', stream),
    blocks: [blockOf(stream, sequence)],
  };
});

/** Lines of each device, and the names of all blocks, in the order in which they stand there. */
export interface Stored {
  lines: string[][];
  blocks: string[];
}

/** What is there in the end, when the process dies now and then, and the power with most of them; and what is to be. */
export async function storedAfterDeaths(seed: number): Promise<{ stored: Stored; expected: Stored }> {
  const random = randomNumbers(seed);
  const disk = new StrictDisk(seed);
  let stop = 10 + Math.floor(random() * 60);
  for (;;) {
    const died = disk.stopAt(disk.operations + stop, { power: random() < 0.7 });
    const life = storeAll(disk.mount(), () => 1 + Math.floor(random() * 12));
    if (await Promise.race([life.then(() => true), died.then(() => false)])) break;
    stop = stop * 2;
  }
  disk.kill({ power: true });
  const expected = {
    lines: devices.map((device) => arrivals.filter(({ devId }) => devId === device).map(lineOf)),
    blocks: [...Array(10).keys()].map((number) => `${number % 2}/${number >> 1}`),
  };
  return { stored: await storedOn(disk.mount()), expected };
}

async function storeAll(storage: Storage, batchLength: () => number): Promise<void> {
  const stage = await openRawFiles(storage, '/cloud');
  for (let at = stage.position(); at < arrivals.length; ) {
    const end = Math.min(arrivals.length, at + batchLength());
    await stage.process(arrivals.slice(at, end), end, async () => undefined);
    at = end;
  }
}

async function storedOn(storage: Storage): Promise<Stored> {
  const lines: string[][] = [];
  for (const device of devices) {
    const text = Buffer.from(await storage.read(`/cloud/data/app/${device}-1970-01-01.json`)).toString();
    // What a power cut leaves of other bytes is on lines of its own: nobody knows whose they are.
    lines.push(text.split('\n').filter(isMessage));
  }
  const blocks: string[] = [];
  const path = '/cloud/data/app/device-b-1970-01-01.sluice';
  for await (const { head, block } of readBlocks(storage, path, () => undefined))
    blocks.push(`${head.stream}/${block.sequence}`);
  return { lines, blocks };
}

function lineOf(arrival: Arrival): string {
  return Buffer.from((arrival as { line: Uint8Array }).line).toString();
}

function isMessage(line: string): boolean {
  try {
    return typeof JSON.parse(line) === 'object';
  } catch {
    return false;
  }
}
