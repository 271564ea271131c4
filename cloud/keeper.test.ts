import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NodeStorage } from '@sluice/common/storage';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Arrival } from './inbox/arrival';
import { LogInbox } from './inbox/inbox';
import { messageAt } from './inbox/test-arrivals';
import { Keeper } from './keeper';
import { Reserves } from './reserves';
import { DeadLetters } from './stages/dead-letters';
import { StageRunner } from './stages/runner';
import type { Stage } from './stages/stage';

class TestStage implements Stage {
  readonly stored: number[] = [];
  isAway = false;
  #position = 0;

  constructor(readonly name: string) {}

  position(): number {
    return this.#position;
  }

  async process(batch: readonly Arrival[], upTo: number): Promise<void> {
    // As a disk says it: never a fault of the arrivals.
    if (this.isAway) throw Object.assign(new Error('the store is away'), { code: 'EIO', syscall: 'write' });
    this.stored.push(...batch.map(({ position }) => position));
    this.#position = upTo;
  }

  close(): void {}
}

const day = 86_400_000;
/** Bytes of the inbox, of some ten arrivals. */
const mostBytes = 1000;
const log = pino({ level: 'silent' });
const storage = new NodeStorage();
const onProblem = (problem: Error) => {
  throw problem;
};
let directory: string;
let inbox: LogInbox;
let stages: Record<'raw-files' | 'time-series' | 'mongodb', TestStage>;
let runners: StageRunner[];
let keeper: Keeper;
let now: number;

const stateOf = (name: string) => runners.find((runner) => runner.name === name)!.status(now).state;
const upTo = (count: number) => [...Array(count).keys()];

async function append(count: number): Promise<void> {
  const { end } = inbox;
  for (let index = 0; index < count; index++) await inbox.append([messageAt(end + index)]);
  for (const runner of runners)
    if (!stages[runner.name as keyof typeof stages].isAway) await runner.reached(inbox.end, 10_000);
}

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-keeper-'));
  now = Date.now();
  inbox = await LogInbox.open({
    directory: join(directory, 'inbox'),
    segmentBytes: 200,
    onProblem,
    wall: () => now,
  });
  stages = {
    'raw-files': new TestStage('raw-files'),
    'time-series': new TestStage('time-series'),
    mongodb: new TestStage('mongodb'),
  };
  runners = [];
  for (const stage of Object.values(stages)) {
    const deadLetters = await DeadLetters.open({
      directory: join(directory, stage.name),
      storage,
      onProblem,
    });
    runners.push(new StageRunner({ stage, inbox, deadLetters, log }));
  }
  keeper = new Keeper({
    inbox,
    runners,
    storage,
    directory,
    reserves: new Reserves({ directory, storage, onProblem }),
    log,
    now: () => now,
    mostBytes,
    reserve: 0,
  });
});

afterEach(async () => {
  await keeper.close();
  await Promise.all(runners.map((runner) => runner.close()));
  await inbox.close();
  await rm(directory, { recursive: true });
});

describe('a stage that is too far behind', () => {
  test('is detached, the furthest first, and nothing is kept for it any more', async () => {
    await append(1);
    stages['time-series'].isAway = true;
    await append(5);
    stages.mongodb.isAway = true;
    await append(10);
    await keeper.look();
    expect([stateOf('time-series'), stateOf('mongodb')]).toEqual(['detached', 'failing']);
    expect(inbox.bytes).toBeLessThan(2 * mostBytes);
    await append(10);
    await keeper.look();
    expect([stateOf('mongodb'), stateOf('raw-files')]).toEqual(['detached', 'running']);
    expect(inbox.bytes).toBeLessThan(mostBytes);
    expect(() => keeper.admitArrivals()).not.toThrow();
    expect(stages['raw-files'].stored).toEqual(upTo(26));
    // What it goes on with is behind what it has missed.
    stages['time-series'].isAway = false;
    const { missed } = await runners[1]!.attach();
    expect(missed).toBeGreaterThan(20);
    await append(1);
    expect(stages['time-series'].stored.at(-1)).toBe(26);
  });

  test('is detached for its age too, but not for that of a pause before this life', async () => {
    stages.mongodb.isAway = true;
    await append(1);
    now += 6 * day;
    await keeper.look();
    expect(stateOf('mongodb')).not.toBe('detached');
    now += 2 * day;
    await keeper.look();
    expect(stateOf('mongodb')).toBe('detached');
    expect(stateOf('time-series')).toBe('running');
  });
});

describe('the raw files', () => {
  test('are not detached however far they are behind: nothing new is taken until they go on', async () => {
    stages['raw-files'].isAway = true;
    await append(1);
    now += 30 * day;
    await keeper.look();
    expect(stateOf('raw-files')).toBe('failing');
    expect(() => keeper.admitArrivals()).not.toThrow();
    await append(29);
    await keeper.look();
    expect(stateOf('raw-files')).toBe('failing');
    expect(() => keeper.admitArrivals()).toThrow(
      expect.objectContaining({ code: 'stage-behind', status: 507, data: { stage: 'raw-files' } }),
    );
    // What does not go through the inbox waits for no stage.
    expect(() => keeper.admit(1)).not.toThrow();
    stages['raw-files'].isAway = false;
    await vi.waitFor(() => expect(stages['raw-files'].stored).toEqual(upTo(30)), 20_000);
    await keeper.look();
    expect(() => keeper.admitArrivals()).not.toThrow();
    expect(stages['time-series'].stored).toEqual(upTo(30));
  }, 30_000);

  test('hold what another stage has not that fails with them, so that both have all in the end', async () => {
    await append(5);
    stages['raw-files'].isAway = true;
    stages['time-series'].isAway = true;
    await append(30);
    for (let look = 0; look < 3; look++) {
      now += 4 * day;
      await keeper.look();
    }
    expect([stateOf('raw-files'), stateOf('time-series')]).toEqual(['failing', 'failing']);
    expect(() => keeper.admitArrivals()).toThrow('raw-files');
    stages['raw-files'].isAway = false;
    stages['time-series'].isAway = false;
    await vi.waitFor(
      () => {
        expect(stages['raw-files'].stored).toEqual(upTo(35));
        expect(stages['time-series'].stored).toEqual(upTo(35));
      },
      { timeout: 20_000 },
    );
  }, 30_000);

  test('that fail later hold nothing of a stage that was detached before, which they have', async () => {
    stages['time-series'].isAway = true;
    await append(5);
    stages['raw-files'].isAway = true;
    await append(30);
    await keeper.look();
    await keeper.look();
    expect([stateOf('raw-files'), stateOf('time-series')]).toEqual(['failing', 'detached']);
    expect(inbox.first).toBeLessThanOrEqual(5);
    expect(() => keeper.admitArrivals()).toThrow('raw-files');
  });
});
