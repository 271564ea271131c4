import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NodeStorage, type Storage } from '@sluice/common/storage';
import { randomNumbers, StrictDisk } from '@sluice/common/storage/strict';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { seed } from '../../../test/chance';
import type { Arrival } from '../../inbox/arrival';
import { blockOf, messageAt, metadataOf } from '../../inbox/test-arrivals';
import type { BadArrival } from '../../stages/stage';
import { nextMagic, sectionAt } from './day-file';
import { RawFiles } from './raw-files';

const open = (storage: Storage, directory: string) =>
  RawFiles.open({
    storage,
    directory: join(directory, 'data'),
    state: join(directory, 'state', 'raw-files.json'),
    timeZone: 'UTC',
    asJson: () => false,
    first: 0,
    onProblem: (problem) => {
      throw problem;
    },
  });
const none = () => Promise.resolve();

function isMessage(line: string): boolean {
  try {
    return typeof JSON.parse(line) === 'object';
  } catch {
    return false;
  }
}

/** The names of a day file's blocks, in order. */
function blocksIn(bytes: Uint8Array): string[] {
  const names: string[] = [];
  const heads = new Map<number, number>();
  let stream = -1;
  for (let at = 0; at < bytes.length; ) {
    const section = sectionAt(bytes, at);
    if (typeof section !== 'object') {
      at = nextMagic(bytes, at + 1);
      continue;
    }
    if (section.kind === 'head') heads.set(section.check, section.metadata.stream);
    if (section.kind === 'mark') stream = heads.get(section.check)!;
    if (section.kind === 'record') names.push(`${stream}/${section.block.sequence}`);
    at = section.end;
  }
  return names;
}

describe('after any death', () => {
  const arrivals: Arrival[] = Array.from({ length: 40 }, (_, position) => {
    const device = `device-${position % 3}`;
    if (position % 4 !== 0) return messageAt(position, device);
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

  test.each(Array.from({ length: 60 }, (_, round) => seed + round))(
    'every line and block is there once, in order, whatever a power cut left between (seed %d)',
    async (of) => {
      const random = randomNumbers(of);
      const disk = new StrictDisk(of);
      let stop = 10 + Math.floor(random() * 60);
      for (;;) {
        const died = disk.stopAt(disk.operations + stop, { power: random() < 0.7 });
        const life = (async () => {
          const stage = await open(disk.mount(), '/cloud');
          for (let at = stage.position(); at < arrivals.length; ) {
            const end = Math.min(arrivals.length, at + 1 + Math.floor(random() * 12));
            await stage.process(arrivals.slice(at, end), end, none);
            at = end;
          }
          return true;
        })();
        if (await Promise.race([life, died.then(() => false)])) break;
        stop = stop * 2;
      }
      disk.kill({ power: true });
      const storage = disk.mount();
      for (const device of [0, 1, 2]) {
        const text = Buffer.from(await storage.read(`/cloud/data/app/device-${device}-1970-01-01.json`));
        const expected = arrivals.filter(({ devId }) => devId === `device-${device}`);
        // What a power cut leaves of other bytes is on lines of its own: nobody knows whose they are.
        const lines = text.toString().split('\n').filter(isMessage);
        expect(lines).toEqual(
          expected.map((arrival) => Buffer.from((arrival as { line: Uint8Array }).line).toString()),
        );
      }
      const blocks = blocksIn(await storage.read('/cloud/data/app/device-b-1970-01-01.sluice'));
      expect(blocks).toEqual([...Array(10).keys()].map((number) => `${number % 2}/${number >> 1}`));
    },
  );
});

describe('on this machine’s disk', () => {
  let directory: string;
  const file = (name = 'device-1970-01-01.json') => join(directory, 'data', 'app', name);

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sluice-raw-'));
  });

  afterEach(async () => {
    await rm(directory, { recursive: true });
  });

  test('a line that somebody has cut is not glued to the next', async () => {
    const stage = await open(new NodeStorage(), directory);
    await stage.process([messageAt(0), messageAt(1)], 2, none);
    await writeFile(file(), '{"app_id":"app","dev_');
    await stage.process([messageAt(2)], 3, none);
    const lines = (await readFile(file(), 'utf8')).split('\n');
    expect(lines).toEqual(['{"app_id":"app","dev_', Buffer.from(messageAt(2).line).toString(), '']);
  });

  test('an older state cuts nothing away', async () => {
    const stage = await open(new NodeStorage(), directory);
    const state = join(directory, 'state', 'raw-files.json');
    await stage.process([messageAt(0)], 1, none);
    const older = await readFile(state);
    await stage.process([messageAt(1)], 2, none);
    await stage.process([messageAt(2)], 3, none);
    await writeFile(state, older);
    const restored = await open(new NodeStorage(), directory);
    await restored.process([messageAt(0), messageAt(1), messageAt(2)], 3, none);
    const expected = [0, 1, 2].map((position) => `${Buffer.from(messageAt(position).line)}\n`).join('');
    expect(await readFile(file(), 'utf8')).toBe(expected);
  });

  test('what somebody else has written behind an interrupted batch stays', async () => {
    const state = join(directory, 'state', 'raw-files.json');
    const stage = await open(new NodeStorage(), directory);
    await stage.process([messageAt(0)], 1, none);
    const before = await readFile(state);
    await writeFile(file(), `${Buffer.from(messageAt(0).line)}\nsomebody's`, { flag: 'w' });
    await writeFile(state, before);
    const restored = await open(new NodeStorage(), directory);
    await restored.process([messageAt(0), messageAt(1)], 2, none);
    const lines = (await readFile(file(), 'utf8')).split('\n');
    expect(lines).toEqual([
      Buffer.from(messageAt(0).line).toString(),
      "somebody's",
      Buffer.from(messageAt(1).line).toString(),
      '',
    ]);
  });

  test('one file that cannot be written sets its own arrivals aside, and no other', async () => {
    const stage = await open(new NodeStorage(), directory);
    // In the place of the file: also root cannot write to it.
    await mkdir(file('bad-1970-01-01.json'), { recursive: true });
    const bad: BadArrival[] = [];
    const setAside = async (letters: readonly BadArrival[]) => void bad.push(...letters);
    await stage.process([messageAt(0, 'bad'), messageAt(1), messageAt(2, 'bad')], 3, setAside);
    expect(bad.map(({ arrival }) => arrival.position)).toEqual([0, 2]);
    expect(bad[0]!.reason).toContain('EISDIR');
    expect(await readFile(file(), 'utf8')).toBe(`${Buffer.from(messageAt(1).line)}\n`);
  });

  test('a directory that is gone is a store that is away, and is not made anew', async () => {
    const stage = await open(new NodeStorage(), directory);
    await rm(join(directory, 'data'), { recursive: true });
    const setAside = async () => expect.unreachable('it is no fault of the arrival');
    await expect(stage.process([messageAt(0)], 1, setAside)).rejects.toThrow('ENOENT');
    await mkdir(join(directory, 'data'));
    await chmod(join(directory, 'data'), 0o750);
    await stage.process([messageAt(0)], 1, setAside);
    expect(await readFile(file(), 'utf8')).toBe(`${Buffer.from(messageAt(0).line)}\n`);
  });

  test('syncs the files of many devices beside each other, not one after the other', async () => {
    let [running, most] = [0, 0];
    class Counted extends NodeStorage {
      override async open(path: string) {
        const file = await super.open(path);
        const sync = file.sync.bind(file);
        file.sync = async () => {
          most = Math.max(most, ++running);
          await new Promise((resolve) => setTimeout(resolve, 20));
          await sync().finally(() => running--);
        };
        return file;
      }
    }
    const files = await open(new Counted(), directory);
    const batch = Array.from({ length: 64 }, (_, index) => ({ ...messageAt(index), devId: `d${index}` }));
    await files.process(batch, batch.length, none);
    await files.close();
    expect(most).toBeGreaterThan(1);
  });

  test('starts without looking at the files that there are', async () => {
    const storage = new NodeStorage();
    await (await open(storage, directory)).process([messageAt(0)], 1, none);
    let asked = 0;
    const counting = new Proxy(storage, {
      get(target, key) {
        const value = Reflect.get(target, key);
        if (typeof value !== 'function') return value;
        return (...values: unknown[]) => {
          asked++;
          return value.apply(target, values);
        };
      },
    });
    await open(counting, directory);
    expect(asked).toBeLessThan(6);
  });
});
