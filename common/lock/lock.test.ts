import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { SmallDisk } from '../storage/strict';
import { lockDirectory } from './index';

const program = fileURLToPath(new URL('./test-holder.ts', import.meta.url));

type Answer = { held?: boolean; code?: string };

async function answerOf(child: ChildProcess): Promise<Answer> {
  const [answer] = (await once(child, 'message')) as [Answer];
  return answer;
}

async function ask(child: ChildProcess, message: object): Promise<Answer> {
  const answer = answerOf(child);
  child.send(message);
  return answer;
}

describe('the lock of a directory', () => {
  let directory: string;
  let children: ChildProcess[] = [];

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sluice-lock-'));
  });

  afterEach(async () => {
    for (const child of children) child.kill('SIGKILL');
    children = [];
    await rm(directory, { recursive: true, force: true });
  });

  async function start(count: number): Promise<ChildProcess[]> {
    children = Array.from({ length: count }, () => fork(program, { execArgv: ['--import', 'tsx'] }));
    await Promise.all(children.map(answerOf));
    return children;
  }

  test('has one holder, whoever races for it', async () => {
    const racers = await start(4);
    for (let round = 0; round < 30; round++) {
      const answers = await Promise.all(racers.map((child) => ask(child, { take: directory })));
      expect(answers.filter(({ held }) => held)).toHaveLength(1);
      const others = answers.filter(({ held }) => !held).map(({ code }) => code);
      expect(others).toEqual(['directory-in-use', 'directory-in-use', 'directory-in-use']);
      await Promise.all(racers.map((child) => ask(child, {})));
    }
  }, 90_000);

  test('is free as soon as its holder is killed', async () => {
    const [holder] = await start(1);
    expect(await ask(holder!, { take: directory })).toEqual({ held: true });
    await expect(lockDirectory(directory)).rejects.toMatchObject({ code: 'directory-in-use' });
    const gone = once(holder!, 'exit');
    holder!.kill('SIGKILL');
    await gone;
    (await lockDirectory(directory)).release();
  }, 60_000);

  test('says who holds it, and since when', async () => {
    const lock = await lockDirectory(directory);
    await expect(lockDirectory(directory)).rejects.toMatchObject({
      code: 'directory-in-use',
      message: expect.stringMatching(
        new RegExp(`^${directory} is in use by process ${process.pid}, since 2`),
      ),
      data: { pid: process.pid },
    });
    lock.release();
    lock.release();
    (await lockDirectory(directory)).release();
  });

  test('holds in a directory of any length', async () => {
    const deep = join(directory, ...Array.from({ length: 12 }, (_, i) => `${i}`.repeat(30)));
    await mkdir(deep, { recursive: true });
    const lock = await lockDirectory(deep);
    await expect(lockDirectory(deep)).rejects.toMatchObject({ code: 'directory-in-use' });
    lock.release();
  });

  test('says what else is in the way', async () => {
    await expect(lockDirectory(join(directory, 'absent'))).rejects.toMatchObject({ code: 'lock-unusable' });
  });
});

const disk = SmallDisk.mount(1 << 20);
afterAll(() => disk?.unmount());

test.skipIf(disk === undefined)(
  'of a disk without one free byte is taken all the same (skipped where none is mounted)',
  async () => {
    const directory = join(disk!.path, 'home');
    await mkdir(directory);
    for (let time = 0; time < 2; time++) {
      disk!.fill();
      const lock = await lockDirectory(directory);
      await expect(lockDirectory(directory)).rejects.toMatchObject({ code: 'directory-in-use' });
      lock.release();
    }
  },
);
