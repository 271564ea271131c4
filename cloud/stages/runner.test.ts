import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NodeStorage } from '@sluice/common/storage';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Arrival, Position } from '../inbox/arrival';
import { LogInbox } from '../inbox/inbox';
import { messageAt } from '../inbox/test-arrivals';
import { DeadLetters } from './dead-letters';
import { StageRunner } from './runner';
import type { BadArrival, Stage } from './stage';

class TestStage implements Stage {
  readonly stored: number[] = [];
  fails?: (arrival: Arrival) => boolean;
  bad?: (arrival: Arrival) => boolean;
  away = false;
  /** Its position is that before the batch. */
  late = false;
  problem?: string;
  #position: Position = 0;
  #stored: Position = 0;

  constructor(readonly name: string) {}

  position(): Position {
    return this.#position;
  }

  /** Its store could not say before where it goes on. */
  opened(position: Position): void {
    this.#position = position;
    this.away = false;
  }

  async process(
    batch: readonly Arrival[],
    upTo: Position,
    setAside: (bad: readonly BadArrival[]) => Promise<void>,
  ): Promise<void> {
    if (this.away) throw new Error('the store is away');
    if (batch.some((arrival) => this.fails?.(arrival))) throw new Error('it stumbles');
    const bad = batch.filter((arrival) => this.bad?.(arrival));
    await setAside(bad.map((arrival) => ({ arrival, reason: 'no use' })));
    this.stored.push(...batch.filter((arrival) => !bad.includes(arrival)).map(({ position }) => position));
    this.#position = this.late ? this.#stored : upTo;
    this.#stored = upTo;
  }

  close(): void {}
}

let directory: string;
let inbox: LogInbox;
let runners: StageRunner[];
const log = pino({ level: 'silent' });
const onProblem = (problem: Error) => {
  throw problem;
};

async function run(stage: Stage, { pause = 0, letterBytes = 64 << 20 } = {}): Promise<StageRunner> {
  const deadLetters = await DeadLetters.open({
    directory: join(directory, stage.name),
    storage: new NodeStorage(),
    onProblem,
    mostBytes: letterBytes,
  });
  const runner = new StageRunner({ stage, inbox, deadLetters, log, pause });
  runners.push(runner);
  return runner;
}

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-stages-'));
  inbox = await LogInbox.open({ directory: join(directory, 'inbox'), segmentBytes: 4096, onProblem });
  runners = [];
});

afterEach(async () => {
  await Promise.all(runners.map((runner) => runner.close()));
  await inbox.close();
  await rm(directory, { recursive: true });
});

const append = async (count: number) => {
  const { end } = inbox;
  for (let index = 0; index < count; index++) await inbox.append([messageAt(end + index)]);
};
const numbers = (count: number) => [...Array(count).keys()];

describe('stages', () => {
  test('one whose store is away lags by itself, is shown so, and catches up', async () => {
    const [away, well] = [new TestStage('away'), new TestStage('well')];
    away.away = true;
    const [awayRunner, wellRunner] = [await run(away), await run(well)];
    await append(20);
    expect(await wellRunner.reached(20, 5_000)).toBe(true);
    await vi.waitFor(() => expect(awayRunner.status(Date.now()).state).toBe('failing'));
    expect(awayRunner.status(Date.now() + 60_000)).toMatchObject({
      behind: { arrivals: 20, milliseconds: expect.closeTo(60_000, -4) },
      error: 'the store is away',
    });
    away.away = false;
    expect(await awayRunner.reached(20, 20_000)).toBe(true);
    expect(away.stored).toEqual(numbers(20));
    expect(awayRunner.status(Date.now())).toMatchObject({ state: 'running', behind: { arrivals: 0 } });
  });

  test('one whose store could not be opened at first gets nothing again that this has', async () => {
    const stage = new TestStage('stage');
    stage.away = true;
    const runner = await run(stage);
    await append(10);
    await vi.waitFor(() => expect(runner.status(Date.now()).state).toBe('failing'));
    stage.opened(10);
    await append(3);
    expect(await runner.reached(13, 10_000)).toBe(true);
    expect(stage.stored).toEqual([10, 11, 12]);
  });

  test('one of which something is wrong although it stores is shown so', async () => {
    const stage = new TestStage('stage');
    const runner = await run(stage);
    await append(1);
    expect(await runner.reached(1, 5_000)).toBe(true);
    stage.problem = 'a file cannot be read';
    expect(runner.status(Date.now())).toMatchObject({ state: 'failing', error: 'a file cannot be read' });
    delete stage.problem;
    expect(runner.status(Date.now()).state).toBe('running');
  });

  test('one that gathers what comes lets nobody wait for it, and no errand', async () => {
    const stage = new TestStage('stage');
    const runner = await run(stage, { pause: 600_000 });
    await append(1);
    await vi.waitFor(() => expect(stage.stored).toEqual([0]));
    await append(5);
    expect(stage.stored).toEqual([0]);
    expect(await runner.reached(6, 5_000)).toBe(true);
    expect(await runner.retryDeadLetters()).toEqual({ stored: 0, left: 0 });
  });

  test('what one calls bad is set aside with its reason, and retried on demand', async () => {
    const stage = new TestStage('stage');
    stage.bad = ({ position }) => position % 3 === 0;
    const runner = await run(stage);
    await append(10);
    expect(await runner.reached(10, 5_000)).toBe(true);
    expect(stage.stored).toEqual([1, 2, 4, 5, 7, 8]);
    const letters = await runner.deadLetters();
    expect(letters.map(({ arrival, reason }) => [arrival.position, reason])).toEqual(
      [0, 3, 6, 9].map((position) => [position, 'no use']),
    );
    stage.bad = ({ position }) => position === 6;
    expect(await runner.retryDeadLetters()).toEqual({ stored: 3, left: 1 });
    expect(stage.stored.slice(6)).toEqual([0, 3, 9]);
    expect(runner.status(0)).toMatchObject({ deadLetters: 1 });
  });

  test('an errand that is asked for as soon as another is done is done too, though nothing arrives', async () => {
    const runner = await run(new TestStage('stage'));
    for (let again = 0; again < 10; again++)
      expect(await runner.retryDeadLetters()).toEqual({ stored: 0, left: 0 });
  });

  test('dead letters that are full lose none when they are retried, whether they are stored then or not', async () => {
    const stage = new TestStage('stage');
    stage.bad = () => true;
    const runner = await run(stage, { letterBytes: 500 });
    for (let count = 0; count < 20; count++) {
      await append(1);
      expect(await runner.reached(count + 1, 5_000)).toBe(true);
    }
    const { deadLetters: kept, droppedDeadLetters: dropped } = runner.status(0);
    expect(kept).toBeGreaterThan(1);
    expect(kept + dropped).toBe(20);
    const positions = async () => (await runner.deadLetters()).map(({ arrival }) => arrival.position);
    const first = await positions();
    for (let again = 0; again < 3; again++)
      expect(await runner.retryDeadLetters()).toEqual({ stored: 0, left: kept });
    expect(await positions()).toEqual(first);
    expect(runner.status(0)).toMatchObject({ deadLetters: kept, droppedDeadLetters: dropped });
    stage.bad = ({ position }) => position === 0;
    expect(await runner.retryDeadLetters()).toEqual({ stored: kept - 1, left: 1 });
    expect(await positions()).toEqual([0]);
  });

  test('an arrival at which one stumbles again and again is found and set aside', async () => {
    const stage = new TestStage('stage');
    stage.fails = ({ position }) => position === 5;
    await append(8);
    const runner = await run(stage);
    expect(await runner.reached(8, 30_000)).toBe(true);
    expect(stage.stored).toEqual([0, 1, 2, 3, 4, 6, 7]);
    expect((await runner.deadLetters()).map(({ arrival }) => arrival.position)).toEqual([5]);
  }, 40_000);

  test('one that is detached holds nothing back, and goes on at the oldest that is left', async () => {
    const stage = new TestStage('stage');
    stage.away = true;
    const runner = await run(stage);
    await append(200);
    await inbox.trim();
    expect(inbox.first).toBe(0);
    await runner.detach('too far behind');
    await inbox.trim();
    expect(inbox.first).toBeGreaterThan(0);
    expect(runner.status(Date.now())).toMatchObject({ state: 'detached', error: 'too far behind' });
    stage.away = false;
    const { first } = inbox;
    expect(await runner.attach()).toEqual({ missed: first });
    expect(await runner.reached(200, 5_000)).toBe(true);
    expect(stage.stored).toEqual(numbers(200).slice(first));
  }, 30_000);

  test('one that has missed something gets it from elsewhere, at the position where it is', async () => {
    const stage = new TestStage('stage');
    const runner = await run(stage);
    await append(3);
    expect(await runner.reached(3, 5_000)).toBe(true);
    async function* missed() {
      yield [{ ...messageAt(100), position: -1 }];
      stage.away = true;
      setTimeout(() => {
        stage.away = false;
      }, 300);
      yield [{ ...messageAt(101), position: -1 }];
    }
    const position = runner.status(Date.now()).position;
    expect(await runner.refill(missed())).toBe(2);
    expect(stage.stored).toEqual([0, 1, 2, -1, -1]);
    expect(runner.status(Date.now())).toMatchObject({ state: 'running', position });
  }, 30_000);

  test('one that keeps its position with the next batch has nothing left when none comes', async () => {
    const stage = new TestStage('stage');
    stage.late = true;
    const runner = await run(stage);
    await append(5);
    await vi.waitFor(() => expect(stage.position()).toBe(5), 5_000);
    expect(runner.status(Date.now() + 3_600_000).behind).toEqual({ arrivals: 0, milliseconds: 0 });
  }, 30_000);
});
