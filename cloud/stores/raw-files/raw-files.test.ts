import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NodeStorage } from '@sluice/common/storage';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { seed } from '../../../test/chance';
import { messageAt } from '../../inbox/test-arrivals';
import type { BadArrival } from '../../stages/stage';
import { openRawFiles, storedAfterDeaths } from './test-power-cuts';

const none = () => Promise.resolve();

test.each(Array.from({ length: 60 }, (_, round) => seed + round))(
  'after any death every line and block is there once, in order, whatever a power cut left between (seed %d)',
  async (of) => {
    const { stored, expected } = await storedAfterDeaths(of);
    expect(stored).toEqual(expected);
  },
);

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
    const stage = await openRawFiles(new NodeStorage(), directory);
    await stage.process([messageAt(0), messageAt(1)], 2, none);
    await writeFile(file(), '{"app_id":"app","dev_');
    await stage.process([messageAt(2)], 3, none);
    const lines = (await readFile(file(), 'utf8')).split('\n');
    expect(lines).toEqual(['{"app_id":"app","dev_', Buffer.from(messageAt(2).line).toString(), '']);
  });

  test('an older state cuts nothing away', async () => {
    const stage = await openRawFiles(new NodeStorage(), directory);
    const state = join(directory, 'state', 'raw-files.json');
    await stage.process([messageAt(0)], 1, none);
    const older = await readFile(state);
    await stage.process([messageAt(1)], 2, none);
    await stage.process([messageAt(2)], 3, none);
    await writeFile(state, older);
    const restored = await openRawFiles(new NodeStorage(), directory);
    await restored.process([messageAt(0), messageAt(1), messageAt(2)], 3, none);
    const expected = [0, 1, 2].map((position) => `${Buffer.from(messageAt(position).line)}\n`).join('');
    expect(await readFile(file(), 'utf8')).toBe(expected);
  });

  test('what somebody else has written behind an interrupted batch stays', async () => {
    const state = join(directory, 'state', 'raw-files.json');
    const stage = await openRawFiles(new NodeStorage(), directory);
    await stage.process([messageAt(0)], 1, none);
    const before = await readFile(state);
    await writeFile(file(), `${Buffer.from(messageAt(0).line)}\nsomebody's`, { flag: 'w' });
    await writeFile(state, before);
    const restored = await openRawFiles(new NodeStorage(), directory);
    await restored.process([messageAt(0), messageAt(1)], 2, none);
    const lines = (await readFile(file(), 'utf8')).split('\n');
    expect(lines).toEqual([
      Buffer.from(messageAt(0).line).toString(),
      "somebody's",
      Buffer.from(messageAt(1).line).toString(),
      '',
    ]);
  });

  test('what was written again behind other bytes is found there when it comes a third time', async () => {
    const state = join(directory, 'state', 'raw-files.json');
    const stage = await openRawFiles(new NodeStorage(), directory);
    await stage.process([messageAt(0)], 1, none);
    const before = await readFile(state);
    const lineOf = (position: number) => Buffer.from(messageAt(position).line).toString();
    // As after a power cut within the first attempt, and a death behind the second.
    await writeFile(file(), `${lineOf(0)}\n{"app_garbage\n${lineOf(1)}\n${lineOf(2).slice(0, 9)}`);
    await writeFile(state, before);
    const restored = await openRawFiles(new NodeStorage(), directory);
    await restored.process([messageAt(0), messageAt(1), messageAt(2)], 3, none);
    const lines = (await readFile(file(), 'utf8')).split('\n');
    expect(lines).toEqual([lineOf(0), '{"app_garbage', lineOf(1), lineOf(2), '']);
  });

  test('one file that cannot be written sets its own arrivals aside, and no other', async () => {
    const stage = await openRawFiles(new NodeStorage(), directory);
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
    const stage = await openRawFiles(new NodeStorage(), directory);
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
    const files = await openRawFiles(new Counted(), directory);
    const batch = Array.from({ length: 64 }, (_, index) => ({ ...messageAt(index), devId: `d${index}` }));
    await files.process(batch, batch.length, none);
    await files.close();
    expect(most).toBeGreaterThan(1);
  });

  test('starts without looking at the files that there are', async () => {
    const storage = new NodeStorage();
    await (await openRawFiles(storage, directory)).process([messageAt(0)], 1, none);
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
    await openRawFiles(counting, directory);
    expect(asked).toBeLessThan(6);
  });
});
