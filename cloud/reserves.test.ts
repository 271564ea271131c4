import { join } from 'node:path';
import { StrictDisk } from '@sluice/common/storage/strict';
import { describe, expect, test } from 'vitest';
import type { MessageArrival } from './inbox/arrival';
import { LogInbox } from './inbox/inbox';
import { Intake } from './inbox/intake';
import { messageAt } from './inbox/test-arrivals';
import { Reserves, reserveBytes } from './reserves';

const directory = '/cloud';

class Life {
  readonly inbox: LogInbox;
  readonly intake: Intake;
  readonly reserves: Reserves;

  private constructor(inbox: LogInbox, intake: Intake, reserves: Reserves) {
    this.inbox = inbox;
    this.intake = intake;
    this.reserves = reserves;
  }

  /** As a cloud does. */
  static async start(disk: StrictDisk): Promise<Life> {
    const storage = disk.mount();
    await storage.makeDirectory(join(directory, 'state'));
    const onProblem = (problem: Error) => expect.unreachable(problem.message);
    const reserves = new Reserves({ directory, storage, onProblem });
    const shared = { directory: join(directory, 'inbox'), storage, onProblem: () => undefined };
    const life = await reserves.upkeep.lend(async () => {
      const inbox = await LogInbox.open(shared);
      return new Life(inbox, await Intake.open({ ...shared, inbox }), reserves);
    });
    await reserves.refill();
    return life;
  }

  take(index: number): Promise<boolean> {
    const message: MessageArrival = {
      ...messageAt(index, 'part'),
      name: { block: 'part/1-00000001/0/0', index },
    };
    return this.intake.message(message);
  }
}

const takenBy = async (disk: StrictDisk): Promise<number[]> => {
  const { inbox } = await Life.start(disk);
  const reader = inbox.reader();
  const taken: number[] = [];
  for (let position = inbox.first; position < inbox.end; ) {
    const { arrivals, next } = await reader.read(position, 1 << 20);
    for (const arrival of arrivals) taken.push((arrival as MessageArrival).name!.index);
    position = next;
  }
  await reader.close();
  return taken;
};

describe.each([
  ['a kill', false],
  ['a power cut', true],
])('a disk that is full to the last byte after %s', (_, power) => {
  test('lets a cloud start again and again, refuses what comes, and loses nothing that was acknowledged', async () => {
    for (let seed = 1; seed <= 5; seed++) {
      const disk = new StrictDisk(seed);
      let life = await Life.start(disk);
      for (let index = 0; index < 5; index++) expect(await life.take(index)).toBe(true);
      disk.kill({ power });
      for (let start = 0; start < 6; start++) {
        disk.capacity = disk.used;
        life = await Life.start(disk);
        // Others take what a start has left.
        disk.capacity = disk.used;
        await expect(life.take(5)).rejects.toMatchObject({ code: 'log-write-failed' });
        // The names are known.
        expect(await life.take(4)).toBe(false);
        disk.kill({ power });
      }
      disk.capacity = Number.POSITIVE_INFINITY;
      life = await Life.start(disk);
      expect(await life.take(5)).toBe(true);
      disk.kill({ power });
      expect(await takenBy(disk)).toEqual([0, 1, 2, 3, 4, 5]);
    }
  });
});

test('what questions have taken again and again is nothing of what a start needs', async () => {
  const disk = new StrictDisk(1);
  const { reserves } = await Life.start(disk);
  disk.capacity = disk.used;
  await reserves.questions.lend(async () => undefined);
  await reserves.refill();
  expect([reserves.upkeep.bytes, reserves.questions.bytes]).toEqual([reserveBytes.least, 0]);
});

test('each is a sixteenth of what is stored, from 1 to 8 MiB, and is not made smaller', async () => {
  const disk = new StrictDisk(1);
  const { reserves } = await Life.start(disk);
  for (const [stored, mebibytes] of [
    [0, 1],
    [48 << 20, 3],
    [2 ** 40, 8],
    [48 << 20, 8],
  ] as const) {
    reserves.fit(stored);
    await reserves.refill();
    expect([reserves.upkeep.bytes, reserves.questions.bytes]).toEqual([mebibytes << 20, mebibytes << 20]);
  }
  // The next life has what this one left, also on a disk with more room than it would ask for itself.
  disk.kill({ power: true });
  disk.capacity = disk.used + (2 << 20);
  await Life.start(disk);
  expect(disk.capacity - disk.used).toBeGreaterThan(8 << 20);
});
